"""Whether members can find what they may see: on their page, or by typing a few letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pasand.domain.query import Query
from pasand.flows.homepage import allowed, homepage
from pasand.pipeline import Plan, Trace

__all__ = ["TYPED", "Find", "findable", "typed"]

#: What a search answers: catalogue positions, best first.
Find = Callable[[Query], Sequence[int]]

#: How many letters of a title are typed, and among how many hits it has to be then.
TYPED = 6
HIT_COUNT = 10


def findable(
    queries: Sequence[Query],
    plan: Plan,
    find: Find,
    seed: int = 1,
    title_count: int = 20,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return for each query the share of titles that are found on its page or by a search, and on
    its page alone; ``title_count`` titles that the member may see are drawn for each.
    """
    rng = np.random.default_rng(seed)
    found = np.full((2, len(queries)), np.nan)
    for number, query in enumerate(queries):
        may_see = np.flatnonzero(allowed(query))
        if not len(may_see):
            continue
        titles = rng.permutation(may_see)[:title_count]
        page, _ = homepage(query, plan, Trace(_no_time))
        there = {at for row in page.rows for at in row.position.tolist()}
        on_page = [at in there for at in titles.tolist()]
        anyhow = [
            on or at in _hits(query, at, find)
            for on, at in zip(on_page, titles.tolist(), strict=True)
        ]
        found[:, number] = np.mean(anyhow), np.mean(on_page)
    return found[0], found[1]


def _hits(query: Query, position: int, find: Find) -> Sequence[int]:
    """Return the first hits where somebody types the beginning of a title."""
    text = typed(query.catalog.items[position].title)
    return list(find(replace(query, search=text)))[:HIT_COUNT]


def typed(title: str) -> str:
    """Return what somebody types who looks for a title: its first letters, spaces not counted."""
    letters = 0
    for place, letter in enumerate(title):
        letters += not letter.isspace()
        if letters == TYPED:
            return title[: place + 1]
    return title


def _no_time() -> float:
    return 0.0
