"""From points to answers."""
