"""`python -m vedro_profiling` is the command `vedro-profiling`."""

from vedro_profiling.cli import main

if __name__ == "__main__":
    main()
