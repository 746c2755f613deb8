"""Goal: figures of simulated weeks are sums over members, and two policies are paired by member."""

from __future__ import annotations

from typing import Any

import pytest

from pasand.evaluation.simulated import SIMULATED, simulated_figures, simulated_ratio

SUMS: dict[str, Any] = {
    "visits": (4.0, 2.0), "failed": (1.0, 2.0), "plays": (3.0, 0.0), "found": (2.0, 0.0),
    "seen_before": (10.0, 0.0), "discoveries": (1.0, 0.0), "minutes": (90.0, 0.0),
    "there": (2.0, 2.0), "back": (2.0, 1.0),
}  # fmt: skip


def test_each_figure_is_a_sum_over_a_sum() -> None:
    found = {one["name"]: one for one in simulated_figures(SUMS, 3, {"policy": "p"}, 1)}
    assert found.keys() == SIMULATED.keys()
    assert {name: one["value"] for name, one in found.items()} == pytest.approx(
        {
            "discovery_share": 1 / 3,
            "cells_seen_before_play": 5.0,
            "failed_session_share": 0.5,
            "minutes_per_member": 15.0,
            "returns_share": 0.75,
        }
    )
    share = found["failed_session_share"]
    assert share["better"] == "lower" and share["at"] == {"policy": "p"}
    # Of two members a draw takes one twice, the other twice, or both.
    assert share["low"] == pytest.approx(0.25) and share["high"] == pytest.approx(1.0)


def test_what_differs_by_the_same_for_everybody_has_no_interval() -> None:
    twice = {**SUMS, "minutes": tuple(2 * each for each in SUMS["minutes"])}
    one = simulated_ratio(twice, SUMS, "minutes_per_member", 3, {}, 1)
    assert one["name"] == "minutes_per_member_ratio" and one["better"] == "higher"
    assert one["value"] == one["low"] == one["high"] == pytest.approx(2.0)


def test_nothing_at_all_has_no_value() -> None:
    none = {name: (0.0, 0.0) for name in SUMS}
    assert simulated_ratio(none, none, "returns_share", 1, {}, 1)["value"] is None
