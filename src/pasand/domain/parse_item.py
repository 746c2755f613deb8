"""Items and their artworks from raw mappings (JSON values or CSV texts), and back to JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pasand.domain.catalog import ITEM_TYPES, Artwork, Item
from pasand.domain.coerce import (
    LIST_COUNT_MAX,
    Reader,
    check_plain,
    country,
    identifier,
    mapping,
    names,
    number,
    one_of,
    refuse,
    text,
    whole,
)
from pasand.domain.fields import THERE, Field, missing, read_fields, record_schema, write_fields
from pasand.domain.ids import short_hash
from pasand.domain.maturity import age
from pasand.domain.times import day, moment, write_day, write_time

__all__ = [
    "ARTWORK_COUNT_MAX",
    "ARTWORK_FIELDS",
    "ITEM_FIELDS",
    "SYNOPSIS_MAX",
    "TITLE_MAX",
    "item_to_json",
    "parse_item",
]

TITLE_MAX = 500
SYNOPSIS_MAX = 5_000
ARTWORK_COUNT_MAX = 32
PATH_MAX = 500
STOCK_MAX = 2**31 - 1

_path = text(PATH_MAX)
#: A path below a folder: no root, no drive, no step up, no empty part.
_PATH = r"^(?![A-Za-z]:)(?!(?:[\s\S]*/)?\.{0,2}(?:/|$))[^\\\u0000]*$"


def _read_file(value: Any, field: str) -> str:
    path: str = _path(value, field)
    parts = path.split("/")
    if "\\" in path or re.match("[A-Za-z]:", path) or {"", ".", ".."} & set(parts):
        fix = "Give a path below the artwork folder, such as posters/1.jpg."
        refuse(field, value, "not a path below the artwork folder", fix)
    return path


def _read_regions(value: Any, field: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(country(name, field) for name in names(value, field)))


def _read_artworks(value: Any, field: str) -> list[Any]:
    entries = list(names(value, field)) if isinstance(value, str) else value
    if not isinstance(entries, (list, tuple)):
        fix = "Give a list of objects with artwork_id and file, or paths separated by |."
        refuse(field, value, "not a list", fix)
    if len(entries) > ARTWORK_COUNT_MAX:
        fix = f"Give at most {ARTWORK_COUNT_MAX} pictures."
        refuse(field, value, f"{len(entries)} pictures are too many", fix)
    return list(entries)


def _plain_artwork(artwork: Artwork) -> dict[str, Any]:
    return write_fields(artwork, ARTWORK_FIELDS)


_file = Reader(_read_file, {"type": "string", "maxLength": PATH_MAX, "pattern": _PATH})
_region = {**country.schema, "minLength": 1}
_regions = Reader(_read_regions, {"type": "array", "items": _region, "maxItems": LIST_COUNT_MAX})

ARTWORK_FIELDS = {
    "artwork_id": Field("artwork_id", identifier, text="Your id of the picture."),
    "file": Field("file", _file, text="A path below the artwork folder."),
    "palette": Field("palette", names, list, "Its colours."),
    "facts": Field("facts", mapping, dict, "What is known of it."),
}

#: A picture is named by its id or by its file.
_ARTWORK = record_schema(ARTWORK_FIELDS) | {
    "anyOf": [{"required": [name], "properties": {name: THERE}} for name in ("artwork_id", "file")]
}

_artworks = Reader(
    _read_artworks,
    {
        "type": "array",
        "maxItems": ARTWORK_COUNT_MAX,
        "items": {"anyOf": [_file.schema, _ARTWORK]},
    },
)

ITEM_FIELDS = {
    "item_id": Field("item_id", identifier, text="Your id."),
    "title": Field("title", text(TITLE_MAX), text="What members see."),
    "type": Field("type", one_of(ITEM_TYPES)),
    "genres": Field("genres", names, list),
    "tags": Field("tags", names, list),
    "people": Field("people", names, list),
    "year": Field("year", whole(1, 9999)),
    "maturity": Field(
        "maturity", age, text="The age from which it may be shown; 18 where it is missing."
    ),
    "released": Field("released_ms", day, write_day, "The day of its first release."),
    "available_from": Field("available_from_ms", moment, write_time),
    "available_until": Field("available_until_ms", moment, write_time),
    "regions": Field("regions", _regions, list, "Countries; none means everywhere."),
    "runtime_minutes": Field("runtime_minutes", number(0, 100_000)),
    "synopsis": Field("synopsis", text(SYNOPSIS_MAX)),
    "language": Field("language", text(35)),
    "series_id": Field("series_id", identifier, text="Of an episode: its series."),
    "season": Field("season", whole(0, 10_000)),
    "episode": Field("episode", whole(0, 100_000)),
    "price": Field("price", number(0, 1e12)),
    "currency": Field("currency", text(16)),
    "stock": Field("stock", whole(0, STOCK_MAX), text="Without it, it cannot run out."),
    "artworks": Field(
        "artworks", _artworks, lambda artworks: [_plain_artwork(each) for each in artworks]
    ),
    "extra": Field("extra", mapping, dict, "Whatever else is known; kept as it is."),
}


def parse_item(raw: Mapping[str, Any]) -> Item:
    """Return the item behind a raw mapping; unknown fields are kept in ``extra``."""
    known, unknown = read_fields(raw, ITEM_FIELDS, "item")
    if "item_id" not in known:
        raise missing("item_id", "Give the id under which your system knows the item.")
    if not known.get("title", "").strip():
        raise missing("title", "Give the title that members see.")
    if unknown:
        check_plain(unknown, "")
        known["extra"] = known.get("extra", {}) | unknown
    if "artworks" in known:
        known["artworks"] = _parse_artworks(known["item_id"], known["artworks"])
    item = Item(**known)
    start, end = item.available_from_ms, item.available_until_ms
    if start is not None and end is not None and end <= start:
        fix = "Give an end after available_from."
        refuse("available_until", write_time(end), "not after available_from", fix)
    return item


def _parse_artworks(item_id: str, entries: list[Any]) -> tuple[Artwork, ...]:
    artworks: dict[str, Artwork] = {}
    for place, entry in enumerate(entries):
        field = f"artworks[{place}]"
        artwork = _parse_artwork(item_id, entry, field)
        if artwork.artwork_id in artworks:
            fix = "Give every picture of an item its own artwork_id."
            refuse(field, artwork.artwork_id, "there twice", fix)
        artworks[artwork.artwork_id] = artwork
    return tuple(artworks.values())


def _parse_artwork(item_id: str, entry: Any, field: str) -> Artwork:
    raw = {"file": _read_file(entry, field)} if isinstance(entry, str) else entry
    known, unknown = read_fields(raw, ARTWORK_FIELDS, field)
    if unknown:
        check_plain(unknown, field)
        known["facts"] = known.get("facts", {}) | unknown
    if "artwork_id" not in known:
        if "file" not in known:
            raise missing(f"{field}.file", "Give the picture's file, or its artwork_id.")
        # Named by item and file, so that importing a catalogue again names it the same.
        known["artwork_id"] = short_hash(f"{item_id}\x1f{known['file']}".encode())
    return Artwork(**known)


def item_to_json(item: Item) -> dict[str, Any]:
    """Return an item as JSON values that ``parse_item`` reads back to an equal item."""
    return write_fields(item, ITEM_FIELDS)
