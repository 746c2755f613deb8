"""``python -m pasand`` is the command line."""

from pasand.cli import main

if __name__ == "__main__":
    main()
