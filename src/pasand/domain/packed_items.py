"""A catalogue as arrays: made once of its items, then mapped by every process that serves.

A hundred thousand items take 900 MB as objects. Packed, an item is the bytes of its record, and
becomes an object when somebody asks for it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import COLUMNS, FACETS, Catalog, Item, Ragged, Words
from pasand.domain.ids import short_hash
from pasand.domain.names import Names, named, part_of

__all__ = ["PACKING", "PackedItems", "arrays_of", "catalog_of"]

#: What the arrays of a catalogue are; those of another packing are of no use.
PACKING = short_hash(repr(["1", *sorted(COLUMNS), *sorted(FACETS)]).encode())
#: Items that are kept as objects: about 1.5 KB each.
_KEPT_COUNT_MAX = 20_000
_CHUNK_COUNT = 10_000

_decode = msgspec.msgpack.Decoder(Item).decode


class PackedItems(Sequence[Item]):
    """Items by position; ``start`` says where the record of each begins in ``record``."""

    __slots__ = ("_kept", "_record", "_start")

    def __init__(self, record: NDArray[np.uint8], start: NDArray[np.int64]) -> None:
        self._record = record.data
        self._start = start.data
        self._kept: dict[int, Item] = {}

    def __len__(self) -> int:
        return len(self._start) - 1

    def __getitem__(self, position: Any) -> Any:
        if isinstance(position, slice):
            return [self[at] for at in range(*position.indices(len(self)))]
        found = self._kept.get(position)
        if found is None:
            at = range(len(self))[position]
            found = _decode(self._record[self._start[at] : self._start[at + 1]])
            if len(self._kept) >= _KEPT_COUNT_MAX:
                self._kept.clear()
            self._kept[position] = found
        return found


def arrays_of(records: Iterable[bytes]) -> dict[str, NDArray[Any]]:
    """Return the arrays of the catalogue whose items have these records (msgpack), in order."""
    text, start = bytearray(), array("q", [0])
    item_ids: list[str] = []
    columns: dict[str, list[NDArray[Any]]] = {
        name: [np.empty(0, kind)] for name, (kind, _) in COLUMNS.items()
    }
    words = {name: Words() for name in FACETS}
    rest = iter(records)
    while some := list(islice(rest, _CHUNK_COUNT)):
        items = [_decode(record) for record in some]
        for record in some:
            text += record
            start.append(len(text))
        item_ids += [item.item_id for item in items]
        for name, (kind, of) in COLUMNS.items():
            columns[name].append(np.array([of(item) for item in items], kind))
        for name, facet in FACETS.items():
            words[name].add(map(facet, items))
    arrays: dict[str, NDArray[Any]] = {name: np.concatenate(columns.pop(name)) for name in COLUMNS}
    arrays |= {"record.text": np.frombuffer(text, np.uint8), "record.start": np.array(start)}
    arrays |= named("item_id", Names.of(item_ids).arrays)
    for name in FACETS:
        arrays |= named(name, Ragged.of_words(words.pop(name)).arrays())
    return arrays


def catalog_of(arrays: Mapping[str, NDArray[Any]], version: int) -> Catalog:
    """Return the catalogue behind arrays that ``arrays_of`` made."""
    items = PackedItems(arrays["record.text"], arrays["record.start"])
    return Catalog.of_arrays(items, version, Names(part_of(arrays, "item_id")), arrays)
