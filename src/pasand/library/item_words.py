"""What a frame of items says of each, as words: so that the sequence model knows new items.

Columns that a catalogue usually has are read as what they are; any other text counts as one word
a row, so that a brand or a category says something too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from pasand.library.columns import find_columns
from pasand.library.frames import as_frame
from pasand.library.labels import is_empty
from pasand.library.reading import read_ids

__all__ = ["words_of"]

Words = list[tuple[str, str]]

_WORD = re.compile(r"[^\W\d_]{3,}")
_PART = re.compile(r"[|;]")
#: The kinds that ``learning/sequence/content.py`` weighs, by column.
_KINDS = {
    "genres": "genre", "genre": "genre", "category": "genre", "categories": "genre",
    "tags": "tag", "tag": "tag", "keywords": "tag",
    "people": "person", "actors": "person", "directors": "person", "brand": "person",
    "title": "text", "name": "text", "synopsis": "text", "plot": "text", "description": "text",
}  # fmt: skip


def words_of(items: Any, item_names: Sequence[str]) -> list[Words]:
    """Return the words of each item by name; none for items that the frame lacks."""
    frame = as_frame(items)
    own = find_columns(frame, ("item_id",))["item_id"]
    names = list(map(str, read_ids(frame, "item_id").tolist()))
    found: dict[str, Words] = {name: [] for name in names}
    for column in frame.names:
        if column == own:
            continue
        values = frame.column(column).tolist()
        for name, value in zip(names, values, strict=True):
            found[name] += _words(column.lower(), value)
    return [list(dict.fromkeys(found.get(name, ()))) for name in item_names]


def _words(column: str, value: Any) -> Iterator[tuple[str, str]]:
    if is_empty(value) or value == "":
        return
    if column == "year" and isinstance(value, (int, float)):
        # Neighbouring years share one of their two words.
        yield from (
            ("plain", f"year {int(value) // 5}"),
            ("plain", f"year + {int(value + 2) // 5}"),
        )
        return
    kind = _KINDS.get(column, "plain")
    if kind == "text":
        yield from (("text", word) for word in _WORD.findall(str(value).lower()))
    elif isinstance(value, (list, tuple)):
        yield from ((kind, str(part)) for part in value)
    elif isinstance(value, str):
        prefix = f"{column} " if kind == "plain" else ""
        yield from ((kind, prefix + part.strip()) for part in _PART.split(value) if part.strip())
