"""The doors out that the catalogue has beside its store: its words, and snapshots of a large one.

``ports.py`` offers them with all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from pasand.domain.catalog import Catalog

__all__ = ["CatalogShelf", "Found", "SearchIndex"]


class CatalogShelf(Protocol):
    """Snapshots of a large catalogue, shared by the processes that serve it; a cache.

    From ``count_min`` items on it is worth its while.
    """

    count_min: int

    def newest(self, after: int = -1) -> Catalog | None:
        """Return the newest snapshot if its version is above ``after``, None if none is."""
        ...

    def renew(self, *, wait: bool = False) -> None:
        """Have a newer one made, not too soon after the last; with ``wait``, now and to the end."""
        ...

    def close(self) -> None:
        """Leave off what is being made."""
        ...


class Found(NamedTuple):
    """An item found by its words, and how closely it fits (``domain/words.py``), 0 the best."""

    item_id: str
    closeness: int


class SearchIndex(Protocol):
    """Items by the words of their titles and people; a cache of the log's item events, written
    in the transaction of the append, as the catalogue is.
    """

    def having(self, words: Sequence[str], limit: int) -> list[Found]:
        """Return up to ``limit`` items of which each word (folded) begins a word; those whose
        title begins with all of them come first, the others in no order.

        Whatever the words are, they are no syntax.
        """
        ...
