"""Joining: an event that names a cell of a page gets the item and picture that stood there.

Clients name page, row and column; what was in the cell is read from the page as it was logged,
so a client cannot invent cells. An event whose page is not known is kept and marked.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from pasand.domain.events import Event
from pasand.domain.picture_looks import LOOKS
from pasand.flows.live import Shown
from pasand.ports import EventLog

__all__ = ["PageMemory"]

#: A page is looked up again and again while its member scrolls; a hundred or so are enough.
_PAGE_COUNT_MAX = 128
#: Events about a cell rather than about an item.
_CELL_KINDS = ("impression", "hover", "preview", "detail_open", "play_start")

Rows = Sequence[Mapping[str, Any]]
#: Item, picture, row and looks of a cell.
Cell = tuple[str, str, str, str]
Payload = Mapping[str, Any] | Callable[[], Mapping[str, Any]]


class PageMemory:
    """The newest pages' rows, and the log for older ones."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._recent: OrderedDict[str, tuple[str, Payload]] = OrderedDict()
        #: Items and counts of the last page that was made again, for the next one.
        self.made_again: dict[str, object] = {}

    def keep(self, event: Event, opened: Callable[[], Mapping[str, Any]] | None = None) -> None:
        """Remember a page_served event; ``opened`` gives its payload once somebody asks for it,
        where it came sealed.
        """
        with self._lock:
            self._recent[event.event_id] = (event.member_id, opened or event.payload)
            while len(self._recent) > _PAGE_COUNT_MAX:
                self._recent.popitem(last=False)

    def lose(self, page_id: str) -> None:
        """Forget a page whose block could not be logged: nothing can be learned from it."""
        with self._lock:
            self._recent.pop(page_id, None)

    def forget(self, member_ids: Collection[str]) -> None:
        """Forget the pages of these members."""
        with self._lock:
            for page_id, (member_id, _) in list(self._recent.items()):
                if member_id in member_ids:
                    del self._recent[page_id]

    def find(self, page_id: str) -> tuple[str, Mapping[str, Any]] | None:
        """Return the member and payload of a page, None where it was never logged."""
        kept = self._recent.get(page_id)
        if kept is not None:
            member_id, payload = kept
            if callable(payload):
                payload = payload()
                with self._lock:
                    self._recent[page_id] = (member_id, payload)
            return member_id, payload
        stored = self._log.find(page_id)
        if stored is None or stored.event.kind != "page_served":
            return None
        self.keep(stored.event)
        return stored.event.member_id, stored.event.payload

    def at_hand(self, event: Event) -> bool:
        """Return whether ``join`` needs no look into the log."""
        return not _names_cell(event) or event.page_id in self._recent

    def join(self, event: Event) -> Event:
        """Return the event with its cell's item, artwork and row, or marked ``unjoined``."""
        if not _names_cell(event):
            return event
        assert event.row is not None
        found = self.find(event.page_id)
        cell = _cell(found[1], event.row, event.column) if found else None
        if found is None or cell is None or found[0] != event.member_id:
            return replace(event, extra={**event.extra, "unjoined": True})
        item_id, artwork_id, row_id, looks = cell
        if event.item_id and event.item_id != item_id and event.kind == "play_start":
            # An episode played from its series' cell keeps its own id.
            item_id = event.item_id
        extra = {**event.extra, "row_id": row_id}
        if looks:
            extra["looks"] = looks
        elif "looks" in extra:
            del extra["looks"]
        return replace(event, item_id=item_id, artwork_id=artwork_id, extra=extra)

    def shown(self, page_id: str, depth: int = 20) -> Shown:
        """Return what stands on a page and on the pages it continues."""
        items: set[str] = set()
        row_ids: set[str] = set()
        while page_id and depth:
            found = self.find(page_id)
            if found is None:
                break
            for row in found[1].get("rows", ()):
                items.update(row["items"])
                row_ids.add(str(row["row_id"]))
            page_id, depth = str(found[1].get("after", "")), depth - 1
        return Shown(frozenset(items), frozenset(row_ids))


def _names_cell(event: Event) -> bool:
    return bool(event.page_id) and event.kind in _CELL_KINDS and event.row is not None


def _cell(payload: Mapping[str, Any], row: int, column: int | None) -> Cell | None:
    rows: Rows = payload.get("rows", ())
    column = column or 0
    if not 0 <= row < len(rows) or not 0 <= column < len(rows[row]["items"]):
        return None
    block, size = rows[row], len(LOOKS)
    looks = str(block.get("looks", ""))[size * column : size * (column + 1)]
    return block["items"][column], block["artworks"][column], str(block["row_id"]), looks
