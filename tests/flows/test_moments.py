"""Moments of the past: what else happened at the same time belongs to the history or does not."""

from __future__ import annotations

import pytest

from pasand.adapters.memory import MemoryStore
from pasand.domain.catalog import Catalog
from pasand.domain.weights import STREAMING
from pasand.flows.moments import Moment, Moments
from pasand.settings import ServeSettings
from pasand.testing import samples

NAMES = ("i1", "i2", "i3", "i4")


@pytest.fixture
def past() -> Moments:
    log = MemoryStore()
    log.append(
        [
            samples.event(f"e{number}", item_id=name, occurred_ms=samples.NOW_MS, member_id="m1")
            for number, name in enumerate(NAMES)
        ]
    )
    data = log.interactions(STREAMING.interaction)
    return Moments(log, Catalog(samples.items(9)), data, lambda _: None, STREAMING, ServeSettings())


def test_of_one_time_the_history_holds_what_came_before(past: Moments) -> None:
    moments = [Moment("m1", samples.NOW_MS, item_id=name) for name in ("i3", "i1", "i4")]
    held = [
        ([entry.item_id for entry in query.profile.recent], done)
        for query, _, done in past.with_events(moments)
    ]
    assert held == [(["i1", "i2"], 2), ([], 0), (["i1", "i2", "i3"], 3)]


def test_without_a_name_nothing_of_that_time_is_known(past: Moments) -> None:
    (query,) = past.queries([Moment("m1", samples.NOW_MS)])
    assert not query.profile.recent
    (later,) = past.queries([Moment("m1", samples.NOW_MS + 1)])
    assert [entry.item_id for entry in later.profile.recent] == list(NAMES)
