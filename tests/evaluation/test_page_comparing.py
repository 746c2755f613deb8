"""Goal: figures of pages are means by slice, and compare policies at the same targets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pasand.evaluation.page_comparing import (
    PageTable,
    gains,
    policy_figures,
    promise_figures,
    ratio_figures,
)

ALL = np.ones(6, bool)
VISIT = np.array([1, 0, 1, 0, 1, 0], bool)
MEMBER = np.array([4, 4, 7, 7, 9, 9])


def table(**values: list[float]) -> PageTable:
    columns = {name.replace("_", " "): np.array(column)[:, None] for name, column in values.items()}
    return PageTable(
        columns, MEMBER, {"all": ALL, "visit": VISIT}, {"data": "toy"}, metrics=("reach_3x6",)
    )


def one(figures: list[dict[str, Any]], name: str, **at: str) -> dict[str, Any]:
    (found,) = (f for f in figures if f["name"] == name and at.items() <= f["at"].items())
    return found


def test_means_and_differences_by_slice() -> None:
    made = table(page=[1, 0, 1, 0, 1, 1], list=[0, 0, 1, 0, 1, 0])
    found = policy_figures(made, {"page": "page", "list": "one list"}, "page")
    assert one(found, "targets", slice="visit")["value"] == 3
    assert one(found, "reach_3x6", slice="all", policy="page")["value"] == pytest.approx(4 / 6)
    assert one(found, "reach_3x6", slice="visit", policy="one list")["value"] == pytest.approx(
        2 / 3
    )
    apart = one(found, "reach_3x6_difference", slice="all")
    assert apart["value"] == pytest.approx(2 / 6) and apart["at"]["against"] == "one list"
    assert apart["low"] == pytest.approx(0.0) and 1 / 6 < apart["high"] <= 0.5


def test_differences_are_paired() -> None:
    # Whoever is drawn, the page has a third of a hit more.
    made = table(page=[0.5, 1, 0.8, 0.9, 0.5, 0.7], list=[0.2, 0.7, 0.5, 0.6, 0.2, 0.4])
    apart = one(policy_figures(made, {"page": "page", "list": "list"}, "page"),
                "reach_3x6_difference", slice="all")  # fmt: skip
    assert [apart[name] for name in ("value", "low", "high")] == pytest.approx([0.3] * 3)


def test_a_target_that_one_policy_was_not_asked_is_left_out_of_both() -> None:
    made = table(page=[1, 1, 1, 0, 0, 0], without_hour=[np.nan, 0.5, 1, np.nan, 0, 0])
    (gain, _) = gains(made, "signal_gain", "signal", {"hour": "without hour"}, "page", "reach_3x6")
    # 2 of 4 against 1.5 of 4.
    assert gain["value"] == pytest.approx(2 / 1.5 - 1)
    assert gain["at"]["signal"] == "hour" and gain["at"]["metric"] == "reach_3x6"


def test_lists_stand_beside_the_page_and_one_of_them_is_the_bar() -> None:
    made = table(page=[1, 0, 1, 0, 1, 1])
    lists = {"ease": np.array([1.0, 0, 0, 0, 0, 0]), "both": np.array([1.0, 0, 1, 0, 0, 0])}
    found = ratio_figures(made, "page", {k: {"reach_3x6": v} for k, v in lists.items()}, "both")
    assert one(found, "reach_3x6", slice="all", policy="list of ease")["value"] == pytest.approx(
        1 / 6
    )
    assert one(found, "reach_3x6_ratio", slice="all")["value"] == pytest.approx(2.0)
    assert one(found, "reach_3x6_ratio", slice="visit")["value"] == pytest.approx(1.5)


def test_what_cannot_be_divided_has_no_value() -> None:
    made = table(page=[0] * 6, without_hour=[0] * 6)
    (gain, _) = gains(made, "signal_gain", "signal", {"hour": "without hour"}, "page", "reach_3x6")
    assert gain["value"] is None and "low" not in gain


def test_a_promise_tells_its_worst_page_too() -> None:
    made = table(page=[0] * 6)
    kept = {"row_coherence": np.array([1, 1, 1, 0.4, 1, 1.0])}
    found = promise_figures(made, kept)
    every, visit = (one(found, "row_coherence", slice=name) for name in ("all", "visit"))
    assert every["value"] == pytest.approx(0.9) and every["at"]["least"] == pytest.approx(0.4)
    assert visit["value"] == visit["low"] == visit["at"]["least"] == 1.0
