"""The command line: one file a command; heavy imports wait until a command runs."""

from __future__ import annotations

import sys

from pasand.cli.app import app
from pasand.errors import CallerError, PasandError

__all__ = ["app", "main"]


def main() -> None:
    """Run the command line; an error of ours is told in one line, without a stack trace."""
    try:
        app()
    except PasandError as error:
        code = 2 if isinstance(error, CallerError) else 3
        name = f" [{error.field}]" if error.field else ""
        print(f"pasand: {error.message}{name}", file=sys.stderr)
        if error.fix:
            print(f"        {error.fix}", file=sys.stderr)
        sys.exit(code)
    except BrokenPipeError:
        sys.exit(0)
