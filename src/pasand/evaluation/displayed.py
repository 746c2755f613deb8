"""Lists that were displayed: what a member was shown, what they had done before, what they took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["Act", "DisplayedData", "DisplayedList"]


@dataclass(frozen=True, slots=True)
class Act:
    """What a member did before: ``kind`` names it; ``item`` is 0 where it was of no item, ``text``
    what was searched for or chosen.
    """

    kind: str
    item: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class DisplayedList:
    """One list and the item taken from it.

    ``acts`` are the acts of the session before it, oldest first, and ``begin_ms`` is when that
    session began. ``prices`` are as they were shown; ``filters`` were active.
    """

    session: int
    member: int
    begin_ms: int
    at_ms: int
    items: NDArray[np.int64]
    prices: NDArray[np.float64]
    taken: int
    device: str = ""
    country: str = ""
    place: str = ""
    filters: tuple[str, ...] = ()
    acts: Sequence[Act] = ()


@dataclass(frozen=True, slots=True)
class DisplayedData:
    """The lists of a data set in order of time, and the SHA-256 of its file."""

    lists: Sequence[DisplayedList]
    name: str = ""
    hashes: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.lists)
