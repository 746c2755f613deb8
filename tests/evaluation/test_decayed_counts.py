"""Goal: the counts that an evaluation goes by are those that a running server would have."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pasand.domain.catalog import Catalog
from pasand.domain.counters import Counters
from pasand.domain.counters_view import HALF_LIFE_HOURS
from pasand.domain.interactions import Interactions
from pasand.evaluation import decayed_counts
from pasand.evaluation.decayed_counts import DecayedCounts
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.ranking import Histories
from pasand.flows.evaluating import rankers
from pasand.stages.models import Models
from pasand.stages.sources.trending import Config, TrendingSource
from pasand.testing import samples

HOUR_MS = 3_600_000
ITEMS = 12


def taken(count: int = 400, days: int = 60) -> Interactions:
    rng = np.random.default_rng(8)
    at_ms = np.sort(samples.NOW_MS - rng.integers(0, days * 24 * HOUR_MS, count))
    return Interactions(
        rng.integers(0, 30, count).astype(np.int32),
        rng.integers(0, ITEMS, count).astype(np.int32),
        at_ms.astype(np.int64),
        rng.choice(np.array([1.0, 0.2], np.float32), count),
        tuple(f"m{number}" for number in range(30)),
        tuple(f"i{number}" for number in range(ITEMS)),
    )


def counters_of(data: Interactions, until_ms: int) -> Counters:
    counters = Counters()
    for item, at_ms, weight in zip(data.item, data.at_ms, data.weight, strict=True):
        if at_ms < until_ms:
            counters.count(f"i{item}", int(at_ms), float(weight))
    return counters


@pytest.mark.parametrize("speed", HALF_LIFE_HOURS)
@pytest.mark.parametrize("block", (1, 7, 1_000))
def test_sums_are_those_of_a_server(
    speed: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decayed_counts, "_BLOCK_ROWS_MIN", block)
    data = taken()
    catalog = Catalog(samples.items(ITEMS))
    counts = DecayedCounts(data, HALF_LIFE_HOURS[speed] * HOUR_MS)
    moments = [int(data.at_ms[0]), int(data.at_ms[200]), int(data.at_ms[-1]) + 5, samples.NOW_MS]
    found = counts.before(np.array(moments))
    assert not found[0].any(), "the moment itself is not before it"
    for row, at_ms in zip(found, moments, strict=True):
        view = counters_of(data, at_ms).view()
        assert np.allclose(row, view.popularity(catalog, speed, at_ms), rtol=1e-4, atol=1e-5)


def test_moments_are_taken_down_to_their_step() -> None:
    data = taken()
    minute, exact = (LiveCounts(data, step).decayed(24 * HOUR_MS) for step in (60_000, 1))
    at_ms = data.at_ms[[50, 300]] + 59_999
    assert np.array_equal(minute.before(at_ms), exact.before(at_ms - at_ms % 60_000))


def test_without_times_nothing_fades() -> None:
    data = replace(taken(), timed=False)
    expected = np.bincount(data.item, data.weight, ITEMS)
    found = LiveCounts(data).decayed(24 * HOUR_MS).before(np.array([0, 10**13]))
    assert np.allclose(found, expected)


def test_trending_ranks_as_the_page_does() -> None:
    data = taken(2_000)
    late = data.at_ms > samples.NOW_MS - 36 * HOUR_MS
    data = replace(data, item=np.where(late, data.item % 5, data.item).astype(np.int32))
    catalog = Catalog(samples.items(ITEMS))
    ranker = rankers(data, LiveCounts(data), ["trending"])[0]
    empty = np.empty(0, np.int32)
    asked = Histories(empty, empty.astype(np.int64), np.array([0]), np.array([samples.NOW_MS]))
    score = ranker.scores(asked)[0]
    query = samples.query(catalog, counters_of(data, samples.NOW_MS), at_ms=samples.NOW_MS)
    served = TrendingSource(Config(), Models())(replace(query, country=""))
    rising = np.flatnonzero(score > 0)
    assert len(rising) > 2 and np.array_equal(served.position, rising)
    column = served.columns["trending"]
    assert np.allclose(column, score[rising] / score.max(), rtol=1e-3, atol=1e-4)
