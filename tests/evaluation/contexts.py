"""Invented data in which context decides, by a share that the test sets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from toys import DAY, rows

from pasand.evaluation.data import EvaluationData
from pasand.evaluation.displayed import Act, DisplayedData, DisplayedList

__all__ = ["days", "lists", "mixed_up", "moments"]

HOURS = 4


def moments(members: int = 80, seed: int = 1) -> EvaluationData:
    """Return members who have an item for each hour of the day, whatever the weekday is."""
    rng = np.random.default_rng(seed)
    member, item, hour, weekday = [], [], [], []
    for one in range(members):
        own = rng.permutation(30)[:HOURS]
        # Drawn, not dealt: were every item taken equally often, the row left out would show.
        for now in rng.integers(HOURS, size=14).tolist():
            member.append(one)
            item.append(int(own[now]))
            hour.append(1 + now)
            weekday.append(1 + int(rng.integers(7)))
    taken = rows(member, item, [0] * len(member), timed=False)
    context = {"hour": np.array(hour, np.int16), "weekday": np.array(weekday, np.int16)}
    return EvaluationData(taken, "moments", context=context)


def days(day_count: int = 7, seed: int = 1) -> EvaluationData:
    """Return readers of three regions, each with items of its own, at thirty minutes a day."""
    rng = np.random.default_rng(seed)
    at_ms, region, item = [], [], []
    for day in range(day_count):
        for minute in range(30):
            for _ in range(12):
                where = int(rng.integers(3))
                at_ms.append((day + 3) * DAY + minute * 2_400_000)
                region.append(1 + where)
                item.append(where * 12 + int(rng.integers(12)))
    taken = rows(rng.permutation(len(item)).tolist(), item, at_ms)
    hour = np.array(at_ms) // 3_600_000 % 24 + 1
    context = {
        "hour": hour.astype(np.int16),
        "weekday": (1 + np.array(at_ms) // DAY % 7).astype(np.int16),
        "device": np.array([1 + n % 3 for n in range(len(item))], np.int16),
        "region": np.array(region, np.int16),
    }
    return EvaluationData(taken, "days", context=context)


def mixed_up(data: EvaluationData, name: str, seed: int = 2) -> EvaluationData:
    """Return the data with one field of context dealt anew among the rows."""
    dealt: NDArray[np.int16] = np.random.default_rng(seed).permutation(data.context[name])
    return replace(data, context={**data.context, name: dealt})


def lists(count: int = 300, told: float = 0.7, seed: int = 1) -> DisplayedData:
    """Return lists whose taken item was searched for by name in a share of the sessions."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        items = 1 + rng.permutation(40)[:12]
        taken = int(rng.integers(12))
        named = int(items[taken if rng.random() < told else rng.integers(12)])
        found.append(
            DisplayedList(
                session=number,
                member=number,
                begin_ms=number * 60_000,
                at_ms=number * 60_000 + 30_000,
                items=items.astype(np.int64),
                prices=rng.integers(40, 200, 12).astype(np.float64),
                taken=taken,
                device=("phone", "tablet", "desktop")[number % 3],
                country="FR",
                place="Lyon, France",
                filters=("Sort by Price",) if number % 4 == 0 else (),
                acts=(Act("search for item", named), Act("search for poi", text="Old Port")),
            )
        )
    return DisplayedData(found, "lists")
