"""Amazon 5-core sequences, such as Beauty: one member a line, then their items in order of time.

The order is known and times are not. A folder holds ``Beauty.txt``, or one such file of another
category beside its ``<category>_item2attributes.json``; or the path is the file itself.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from pasand.adapters.set_columns import of_rows
from pasand.errors import InvalidInput
from pasand.evaluation.data import EvaluationData

__all__ = ["is_item_sequences", "read_item_sequences", "sequence_file"]

_LINE = re.compile(r"\d+( \d+)+\s*$")


def sequence_file(path: Path) -> Path | None:
    """Return the file of sequences at a path or in a folder, None where there is none."""
    if path.is_file():
        found = [path] if path.suffix == ".txt" else []
    else:
        described = path.glob("*_item2attributes.json")
        names = [file.name.removesuffix("_item2attributes.json") for file in sorted(described)]
        found = [path / f"{name}.txt" for name in [*names, "Beauty"]]
    return next((file for file in found if file.is_file() and _has_sequences(file)), None)


def is_item_sequences(path: Path) -> bool:
    """Say whether there are sequences at a path."""
    return sequence_file(path) is not None


def read_item_sequences(path: Path) -> EvaluationData:
    """Return the sequences at a path.

    Raises:
        InvalidInput: a line is no member followed by items.
    """
    file = sequence_file(path)
    assert file is not None
    members: list[int] = []
    items: list[int] = []
    for number, line in enumerate(file.read_text("ascii").splitlines(), 1):
        if not _LINE.match(line):
            raise InvalidInput(
                f"{file.name}, line {number}: not a member and their items.",
                field="data",
                fix="Give the file as its owner ships it.",
            )
        member, *taken = map(int, line.split())
        members += [member] * len(taken)
        items += taken
    found = of_rows(
        np.array(members, np.int64),
        np.array(items, np.int64),
        None,
        {},
        notes=("The file gives each member's items in order and no times.",),
    )
    return replace(found, words=_attributes(file))


def _attributes(file: Path) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return what the file beside the sequences says of each item, nothing where there is none."""
    beside = file.with_name(f"{file.stem}_item2attributes.json")
    if not beside.is_file():
        return {}
    told = json.loads(beside.read_text("utf-8"))
    return {str(item): tuple(("tag", str(code)) for code in codes) for item, codes in told.items()}


def _has_sequences(file: Path) -> bool:
    with file.open(encoding="ascii", errors="replace") as lines:
        first = list(islice(lines, 3))
    return bool(first) and all(_LINE.match(line) for line in first)
