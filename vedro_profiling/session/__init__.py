"""Record, drain, write, recover: the one place where recording meets storage."""
