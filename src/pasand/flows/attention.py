"""What members took from shuffled pages, read from the log, and the attention it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from pasand.domain.events import DEVICES, Event
from pasand.domain.labels import counts_for_learning
from pasand.learning.attention import Table, Take, learn_attention
from pasand.ports import EventLog
from pasand.stages.arranging.attention import shipped_table

__all__ = ["attention_arrays", "takes_in"]

#: What tells that a member looked at a cell: they opened or took what stood there.
TAKES = ("detail_open", "play_start", "view", "cart_add", "purchase")
#: With fewer takes a device keeps the table that counts already.
TAKE_COUNT_MIN = 100


def attention_arrays(
    log: EventLog,
    until: int | None = None,
    before: Callable[[str], Table] = shipped_table,
) -> dict[str, Any]:
    """Return ``attention.<device>`` for every device that shuffled pages say enough of."""
    kinds = ("page_served", *TAKES)
    events = (s.event for s in log.read(kinds=kinds) if until is None or s.offset <= until)
    takes: dict[str, list[Take]] = {}
    for device, take in takes_in(events):
        takes.setdefault(device, []).append(take)
    return {
        f"attention.{device}": learn_attention(takes[device], before(device)).astype(np.float32)
        for device in DEVICES
        if len(takes.get(device, ())) >= TAKE_COUNT_MIN
    }


def takes_in(events: Iterable[Event]) -> Iterator[tuple[str, Take]]:
    """Yield device and cell of what was taken first from each shuffled page, if in its band, and
    of what was opened first. A page comes before what was done on it.
    """
    shuffled: dict[str, tuple[str, str, int, tuple[int, ...], int]] = {}
    done: set[tuple[str, bool]] = set()
    for event in events:
        if event.kind == "page_served":
            if (swap := event.payload.get("chance", {}).get("swap", {})).get("drawn"):
                shuffled[event.event_id] = _band(event, swap)
            continue
        act = (event.page_id, event.kind == "detail_open")
        if event.kind not in TAKES or event.row is None or act in done:
            continue
        if event.page_id not in shuffled:
            continue
        member_id, device, hero, rows, columns = shuffled[event.page_id]
        row, column = event.row - hero, event.column or 0
        if event.member_id != member_id or not counts_for_learning(event):
            continue
        done.add(act)
        if row in rows and column < columns:
            yield device, Take(row, column, rows, columns)


def _band(event: Event, swap: Any) -> tuple[str, str, int, tuple[int, ...], int]:
    shown = event.payload["rows"]
    hero = int(bool(shown) and shown[0]["kind"] == "hero")
    rows = tuple(int(row) - hero for row in swap["row"])
    return event.member_id, event.device, hero, rows, int(swap["columns"])
