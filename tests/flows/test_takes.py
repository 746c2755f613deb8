"""Goal: what was taken of shuffled pages is read from the log as it was served, and learned."""

from __future__ import annotations

from typing import Any

import numpy as np

from pasand.adapters.memory import MemoryStore
from pasand.domain.events import Event
from pasand.flows.attention import TAKE_COUNT_MIN, attention_arrays, takes_in
from pasand.learning.attention import Take
from pasand.stages.arranging.attention import shipped_table
from pasand.testing import samples


def page(page_id: str, drawn: bool = True, hero: bool = True, **fields: Any) -> Event:
    kinds = ["hero"] * hero + ["genre"] * 4
    band = [hero + 0, hero + 2]
    swap = {"share": 0.5, "drawn": drawn, "row": band, "columns": 3}
    payload = {"rows": [{"kind": kind} for kind in kinds], "chance": {"swap": swap}}
    return samples.event(page_id, "page_served", item_id="", payload=payload, **fields)


def act(page_id: str, row: int, column: int, kind: str = "play_start", **fields: Any) -> Event:
    name = f"{page_id}.{row}.{column}.{kind}"
    return samples.event(name, kind, page_id=page_id, row=row, column=column, **fields)


def test_the_first_take_of_a_shuffled_page_counts_where_it_was_in_the_band() -> None:
    events = [
        page("p1", device="tv"), act("p1", 1, 1, "impression"), act("p1", 3, 1), act("p1", 1, 0),
        page("p2", device="phone", hero=False), act("p2", 0, 2, "detail_open"), act("p2", 2, 0),
        page("p3", drawn=False), act("p3", 1, 0),
        page("p4"), act("p4", 2, 0),
        page("p5"), act("p5", 1, 3),
        page("p6"), act("p6", 1, 1, member_id="m2"),
        page("p7"), act("p7", 1, 1, extra={"unjoined": True}),
        act("unknown", 1, 1),
    ]  # fmt: skip
    assert list(takes_in(events)) == [
        ("tv", Take(2, 1, (0, 2), 3)),
        ("phone", Take(0, 2, (0, 2), 3)),
        ("phone", Take(2, 0, (0, 2), 3)),
    ]


def test_a_device_learns_once_there_is_enough_of_it() -> None:
    log = MemoryStore()
    for number in range(TAKE_COUNT_MIN):
        name = f"p{number:03d}"
        log.append([page(name, device="tv"), act(name, 1, 0)])
    log.append([page("q", device="phone"), act("q", 1, 0)])
    arrays = attention_arrays(log)
    assert set(arrays) == {"attention.tv"}
    table = arrays["attention.tv"]
    assert table[0, 0] == 1 and table.dtype == np.float32
    # Everybody took the first cell: what lies further gets less than the package says.
    assert attention_arrays(log, until=TAKE_COUNT_MIN) == {}
    assert table[2, 0] < shipped_table("tv")[2, 0] and table[0, 2] < shipped_table("tv")[0, 2]
