"""Goal: context that decides is found, context that does not is worth nothing, and no more."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pasand.errors import InvalidInput
from pasand.evaluation.data import EvaluationData
from pasand.evaluation.displayed import DisplayedData
from pasand.evaluation.splits import Rules
from pasand.flows.evaluating_context import (
    ContextFound,
    evaluate_day,
    evaluate_lists,
    evaluate_rows,
)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "evaluation"))
from contexts import days, lists, mixed_up, moments

RULES = Rules(day_event_count_min=100)


@pytest.fixture(scope="module")
def a_day() -> ContextFound:
    """What was found where the region decides."""
    return evaluate_day(days(), RULES)


def figure(found: ContextFound, name: str, **at: str) -> dict[str, Any]:
    (one,) = [
        each for each in found.figures if each["name"] == name and at.items() <= each["at"].items()
    ]
    return one


def test_an_hour_that_decides_is_found_and_a_weekday_that_does_not_is_no_gain() -> None:
    found = evaluate_rows(moments())
    ratio = figure(found, "frappe_context_ratio")
    assert ratio["low"] > 1.1
    assert ratio["at"]["data"] == "moments" and ratio["at"]["against"] == "none"
    assert figure(found, "signal_gain", signal="hour")["low"] > 0.1
    assert abs(figure(found, "signal_gain", signal="date")["value"]) < 0.05
    assert figure(found, "targets")["value"] == 80


def test_hours_dealt_anew_are_worth_nothing() -> None:
    found = evaluate_rows(mixed_up(moments(), "hour"))
    ratio = figure(found, "frappe_context_ratio")
    assert ratio["value"] == pytest.approx(1.0, abs=0.08)
    assert not found.warnings


def test_a_context_that_names_the_answer_is_caught() -> None:
    data = moments()
    answer = (1 + data.interactions.item).astype(np.int16)
    found = evaluate_rows(replace(data, context={"hour": answer}))
    assert found.warnings == ["full ranks nearly every target first: was it told?"]


def test_a_region_that_decides_is_found_minute_by_minute(a_day: ContextFound) -> None:
    found = a_day
    assert figure(found, "globo_context_ratio")["low"] > 1.3
    assert figure(found, "signal_gain", signal="region")["low"] > 0.2
    assert abs(figure(found, "signal_gain", signal="device")["value"]) < 0.05


def test_regions_dealt_anew_are_worth_nothing() -> None:
    found = evaluate_day(mixed_up(days(), "region"), RULES)
    assert figure(found, "globo_context_ratio")["value"] == pytest.approx(1.0, abs=0.1)


def test_what_comes_after_a_day_changes_none_of_its_figures(a_day: ContextFound) -> None:
    data = days()
    last = data.interactions.at_ms.max() // 86_400_000
    some = np.flatnonzero(data.interactions.at_ms // 86_400_000 == last)[:50]
    later = data.where(some).interactions
    taken = data.interactions
    longer = replace(
        taken,
        **{
            name: np.concatenate([getattr(taken, name), getattr(later, name)])
            for name in ("member", "item", "weight")
        },
        at_ms=np.concatenate([taken.at_ms, later.at_ms + 2 * 86_400_000]),
    )
    context = {name: np.concatenate([of, of[some]]) for name, of in data.context.items()}
    again = evaluate_day(EvaluationData(longer, "days", context=context), RULES)
    assert again.figures == a_day.figures


def test_a_search_that_names_the_item_is_found_in_displayed_lists() -> None:
    found = evaluate_lists(lists())
    assert figure(found, "trivago_mrr_ratio")["low"] > 1.5
    assert figure(found, "trivago_mrr_ratio")["at"]["against"] in ("shown", "popular")
    for protocol in ("lists", "lists, forward"):
        assert figure(found, "signal_gain", signal="search", protocol=protocol)["low"] > 0.3
    counted = [figure(found, "targets", protocol=p)["value"] for p in ("lists", "lists, forward")]
    assert counted == [60, 240]


def test_searches_for_anything_are_worth_nothing() -> None:
    found = evaluate_lists(lists(600, told=0.0))
    gain = figure(found, "signal_gain", signal="search", protocol="lists, forward")
    assert abs(gain["value"]) < 0.25
    assert not found.warnings


def test_a_list_that_always_holds_its_answer_first_is_caught() -> None:
    found = evaluate_lists(lists(told=1.0))
    assert "full ranks nearly every target first: was it told?" in found.warnings


def test_data_that_cannot_tell_are_refused() -> None:
    with pytest.raises(InvalidInput, match="nothing of the context"):
        evaluate_rows(replace(moments(), context={}))
    with pytest.raises(InvalidInput, match="too few"):
        evaluate_lists(DisplayedData([]))
