"""Live counts against counting by hand: windows end strictly before their moment."""

from __future__ import annotations

import numpy as np
import pytest
from toys import HOUR, rows

from pasand.evaluation import live_counts
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.rankers_fusion import return_counts


@pytest.mark.parametrize("cells", [8_000_000, 60, 600])
def test_windows_end_strictly_before_the_moment(
    cells: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_counts, "_TABLE_CELLS", cells)
    rng = np.random.default_rng(4)
    count = 5_000
    data = rows(
        rng.integers(0, 20, count).tolist(),
        [*rng.integers(0, 60, count - 1).tolist(), 59],
        np.sort(rng.integers(0, 90_000, count)).tolist(),
    )
    live = LiveCounts(data)
    # Moments at which events lie, and windows that begin at one: neither end may be off by one.
    on_events = data.at_ms[[40, 1_000, 2_500, 2_501, 4_999, 60]]
    moments = np.concatenate((on_events, on_events + 20_000, [0, 30_000, 30_000, 99_999]))
    counts = live.before(moments, window_ms=20_000)
    for r, moment in enumerate(moments):
        inside = (data.at_ms < moment) & (data.at_ms >= moment - 20_000)
        expected = np.bincount(data.item[inside], minlength=60)
        assert counts[r].tolist() == expected.tolist()


def test_returns_are_what_comes_after_an_hour_away_and_no_first_event() -> None:
    data = rows([0, 1, 0, 1, 0], [0, 1, 2, 3, 4], [0, HOUR, 2 * HOUR, 2 * HOUR, 2 * HOUR + 5])
    counts = return_counts(LiveCounts(data)).before(np.array([9 * HOUR]), 99 * HOUR)
    assert counts.tolist() == [[0.0, 0.0, 1.0, 0.0, 0.0]]
