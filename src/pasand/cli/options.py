"""Options that every command shares, and the two ways a command speaks: to people, to machines."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = [
    "DEFAULT_HOME",
    "HomeOption",
    "JsonOption",
    "bar",
    "commit",
    "figure",
    "machine",
    "one_thread_each",
    "print_figures",
    "say",
    "write_figures",
]

HomeOption = Annotated[
    Path, typer.Option("--home", help="Folder that holds the installation's data.")
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object as the last thing, for machines.")
]
DEFAULT_HOME = Path("pasand-data")


def one_thread_each() -> None:
    """Have linear algebra use one thread a process; must come before NumPy is imported.

    What is set in the environment already stays.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def say(text: str) -> None:
    """Tell a person something, on standard error, so that output stays clean."""
    print(text, file=sys.stderr, flush=True)


def figure(
    name: str,
    value: float | int | str | None,
    unit: str = "",
    better: str = "higher",
    peer: Mapping[str, Any] | None = None,
    **at: Any,
) -> dict[str, Any]:
    """Return one figure with every condition it was measured under."""
    return {"name": name, "value": value, "unit": unit, "better": better, "at": at, "peer": peer}


def print_figures(
    command: str,
    figures: Sequence[Mapping[str, Any]],
    data: Mapping[str, str] | None = None,
    seed: int | None = None,
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Print the object for machines and return it."""
    report, text = _report(command, figures, data, seed, more)
    print(text, flush=True)
    return report


def write_figures(
    path: Path,
    command: str,
    figures: Sequence[Mapping[str, Any]],
    data: Mapping[str, str] | None = None,
    seed: int | None = None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Write the same object to a file."""
    path.write_text(_report(command, figures, data, seed, more)[1] + "\n", "utf-8")


def _report(
    command: str,
    figures: Sequence[Mapping[str, Any]],
    data: Mapping[str, str] | None,
    seed: int | None,
    more: Mapping[str, Any] | None,
) -> tuple[dict[str, Any], str]:
    import msgspec

    from pasand import __version__

    report = {
        "command": command,
        "version": __version__,
        "commit": commit(),
        "machine": machine(),
        "data": dict(data or {}),
        "seed": seed,
        **(more or {}),
        "figures": list(figures),
    }
    encoded = msgspec.json.encode(report, enc_hook=_plain)
    return report, msgspec.json.format(encoded, indent=2).decode()


def _plain(value: Any) -> Any:
    """Return a NumPy number as Python's own."""
    return value.item()


def commit() -> str:
    """Return the commit of a checkout this code runs from, empty for an installed wheel."""
    folder = Path(__file__).resolve().parents[3]
    if not (folder / ".git").exists():
        return ""
    found = subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "--short=12", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip()


def machine() -> str:
    """Return what this runs on, in a few words."""
    import os

    python = platform.python_version()
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {python}"


def bar(label: str) -> Callable[[int, int], None]:
    """Return a progress callback: a bar on a terminal, silent in a pipe."""
    if not sys.stderr.isatty():
        return lambda done, total: None

    def show(done: int, total: int) -> None:
        if total:
            filled = 30 * done // total
            text = f"{'█' * filled}{'·' * (30 - filled)} {done:,} of {total:,}"
        else:
            text = f"{done:,}"
        end = "\n" if total and done >= total else ""
        print(f"\r{label:<24} {text}", end=end, file=sys.stderr, flush=True)

    return show
