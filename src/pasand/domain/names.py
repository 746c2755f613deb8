"""Many distinct names in a few arrays: what a process can map from a file and share with others.

A tuple and a dictionary of a million names take 200 MB in every process that holds them. Packed
they are the bytes of all names one after the other, where each begins, and their hashes in order;
the place of a name is found by halving. Names that were asked for lately are remembered.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "PLAIN_COUNT_MAX",
    "Codes",
    "Names",
    "codes_of",
    "named",
    "part_of",
    "places",
    "texts_of",
]

#: So many names are as well held as they are.
PLAIN_COUNT_MAX = 10_000
#: Names that are remembered with their places.
_KEPT_COUNT_MAX = 50_000


class Names(Sequence[str]):
    """Distinct names by code, packed in ``arrays`` called text, start, hash and order.

    ``hash`` holds the hash of every name, ascending, and ``order`` whose each is.
    """

    PARTS = ("text", "start", "hash", "order")
    __slots__ = ("_kept", "_sorted", "_text", "arrays")

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.arrays: dict[str, NDArray[Any]] = {name: arrays[name] for name in self.PARTS}
        self._text = self.arrays["text"].data
        self._sorted = self.arrays["hash"].data
        self._kept: dict[str, int] = {}

    @classmethod
    def of(cls, names: Sequence[str]) -> Names:
        """Return ``names`` packed."""
        encoded = [name.encode("utf-8", "surrogatepass") for name in names]
        start = np.zeros(len(encoded) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), out=start[1:])
        hashes = np.fromiter(map(_hash, encoded), np.uint64, len(encoded))
        order = np.argsort(hashes, kind="stable").astype(np.int32)
        text = np.frombuffer(b"".join(encoded), np.uint8)
        return cls({"text": text, "start": start, "hash": hashes[order], "order": order})

    def __len__(self) -> int:
        return len(self._sorted)

    def __getitem__(self, code: Any) -> Any:
        if isinstance(code, slice):
            return [self[at] for at in range(*code.indices(len(self)))]
        code = range(len(self))[code]
        return str(self._bytes(code), "utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[str]:
        bounds = self.arrays["start"].tolist()
        for begin, end in pairwise(bounds):
            yield str(self._text[begin:end], "utf-8", "surrogatepass")

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.find(name) >= 0

    def find(self, name: str) -> int:
        """Return the code of a name, -1 where it is unknown."""
        code = self._kept.get(name)
        if code is None:
            code = self._find(name.encode("utf-8", "surrogatepass"))
            if len(self._kept) >= _KEPT_COUNT_MAX:
                self._kept.clear()
            self._kept[name] = code
        return code

    def _find(self, name: bytes) -> int:
        wanted = _hash(name)
        at = bisect_left(self._sorted, wanted)
        # Two names of one hash stand beside each other.
        while at < len(self._sorted) and self._sorted[at] == wanted:
            code = int(self.arrays["order"][at])
            if self._bytes(code) == name:
                return code
            at += 1
        return -1

    def _bytes(self, code: int) -> memoryview:
        start = self.arrays["start"]
        return self._text[start[code] : start[code + 1]]

    def texts(self, codes: NDArray[np.integer]) -> list[str]:
        """Return the names behind many codes at once."""
        text, start = self._text, self.arrays["start"]
        bounds = zip(start[codes].tolist(), start[codes + 1].tolist(), strict=True)
        return [str(text[begin:end], "utf-8", "surrogatepass") for begin, end in bounds]

    def joined(self, other: Names) -> NDArray[np.int32]:
        """Return the code in ``other`` of every name of these, -1 where it has none."""
        found = np.full(len(self), -1, np.int32)
        mine, theirs = self.arrays, other.arrays
        if not len(self) or not len(other):
            return found
        at = np.searchsorted(theirs["hash"], mine["hash"])
        at = np.minimum(at, len(other) - 1)
        code, owner = theirs["order"][at], mine["order"]
        same = theirs["hash"][at] == mine["hash"]
        same &= np.diff(theirs["start"])[code] == np.diff(mine["start"])[owner]
        found[owner[same]] = code[same]
        return found


class Codes(Mapping[str, int]):
    """The way back of packed names: the code of each."""

    __slots__ = ("names",)

    def __init__(self, names: Names) -> None:
        self.names = names

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __getitem__(self, name: str) -> int:
        code = self.names.find(name)
        if code < 0:
            raise KeyError(name)
        return code

    def get(self, name: str, default: Any = None) -> Any:
        """Return the code of a name, else the default."""
        code = self.names.find(name)
        return code if code >= 0 else default


def codes_of(names: Sequence[str]) -> Mapping[str, int]:
    """Return the way back from names to their codes."""
    if isinstance(names, Names):
        return Codes(names)
    return {name: code for code, name in enumerate(names)}


def places(names: Iterable[str], codes: Mapping[str, int]) -> NDArray[np.int32]:
    """Return the code of each name, -1 where it has none, in the order given."""
    if isinstance(names, Names) and isinstance(codes, Codes):
        return names.joined(codes.names)
    find = codes.get
    return np.fromiter((find(name, -1) for name in names), np.int32)


def texts_of(names: Sequence[str], codes: NDArray[np.integer]) -> list[str]:
    """Return the names behind many codes."""
    if isinstance(names, Names):
        return names.texts(codes)
    return [names[code] for code in codes.tolist()]


def named(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return arrays as a part of others: "a" as "prefix.a"."""
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def part_of(arrays: Mapping[str, NDArray[Any]], prefix: str) -> dict[str, NDArray[Any]]:
    """Return what ``named`` made a part of others, by its own names."""
    start = f"{prefix}."
    return {n.removeprefix(start): array for n, array in arrays.items() if n.startswith(start)}


def _hash(name: bytes) -> int:
    return int.from_bytes(blake2b(name, digest_size=8).digest(), "little")
