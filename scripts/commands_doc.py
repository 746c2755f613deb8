"""Write docs/commands.md from the command line itself: every command, argument and option."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from pasand.cli.app import app

ROOT = Path(__file__).resolve().parents[1]
HEAD = """\
# Commands

Made by `scripts/commands_doc.py` from the command line itself; `make docs` writes it anew.

What a person reads goes to standard error, results to standard output. With `--json` the last
thing on standard output is one JSON object. Exit codes: 0 done, 2 the input or a setting cannot
be used, 3 the installation needs its operator.
"""


def main() -> None:
    """Write the page."""
    (ROOT / "docs" / "commands.md").write_text(document(), "utf-8")


def document() -> str:
    """Return the whole page."""
    root: Any = typer.main.get_command(app)
    parts = [HEAD, *(_section(path, command) for path, command in commands(root))]
    return "\n".join(parts)


def commands(group: Any, path: str = "pasand") -> Iterator[tuple[str, Any]]:
    """Yield every command with its full name, groups' commands one by one, and a group that is a
    command itself before them.
    """
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            if command.invoke_without_command:
                yield f"{path} {name}", command
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def _section(path: str, command: Any) -> str:
    text, _, example = (command.help or "").partition("Example: ")
    lines = [f"## {path}", "", " ".join(text.split()), ""]
    if example:
        lines += ["```", " ".join(example.split()), "```", ""]
    lines += ["| parameter | default | what it does |", "|---|---|---|"]
    lines += [_row(parameter) for parameter in command.params if not _own(parameter)]
    return "\n".join(lines) + "\n"


def _own(parameter: Any) -> bool:
    """Whether the parameter is the library's, not ours."""
    return parameter.name in ("help", "install_completion", "show_completion")


def _row(parameter: Any) -> str:
    names = ", ".join(f"`{name}`" for name in parameter.opts if name.startswith("-"))
    names = names or f"`{parameter.name.upper()}`"
    if parameter.required:
        default = "needed"
    elif parameter.default in (None, False, ()):
        default = ""
    else:
        default = f"`{parameter.default}`"
    text = (getattr(parameter, "help", None) or "").replace("|", "\\|")
    return f"| {names} | {default} | {text} |"


if __name__ == "__main__":
    main()
