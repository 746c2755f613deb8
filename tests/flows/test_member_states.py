"""What is kept of members' histories: current after an event, bounded, gone with an erasure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pasand.bootstrap import load_plan
from pasand.domain.catalog import Catalog
from pasand.domain.member import Member
from pasand.domain.profile import Profile, Recent
from pasand.domain.weights import STREAMING
from pasand.flows.homepage import homepage
from pasand.flows.live import Live
from pasand.flows.member_states import MemberStates, states_of
from pasand.pipeline import Trace
from pasand.settings import Settings
from pasand.stages.models import Models, Vocabulary
from pasand.testing import samples

CATALOG = Catalog(samples.items(60))
MODELS = samples.models(CATALOG.item_ids)


def profile(member_id: str = "m1", count: int = 6, first: int = 0) -> Profile:
    at_s = samples.NOW_MS // 1000 - 9_000
    recent = tuple(Recent(f"i{first + n}", 0, at_s + 60 * n, 0) for n in range(count))
    return Profile(member_id=member_id, recent=recent, last_ms=1000 * at_s + count, last_id="e")


class Counted:
    """Runs a model and counts how often."""

    def __init__(self) -> None:
        self.count = 0

    def run(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        self.count += 1
        events = len(inputs["item"])
        return {"key": np.zeros((1, 1, events, 4)), "value": np.zeros((1, 1, events, 4))}


def states(bytes_max: int = 10_000) -> tuple[MemberStates, Counted]:
    inference = Counted()
    vocabulary = Vocabulary([f"i{n}" for n in range(60)])
    return MemberStates(inference, vocabulary, (20, True), STREAMING, bytes_max), inference


def test_a_history_is_encoded_once_until_its_member_does_something() -> None:
    kept, inference = states()
    assert kept.of(profile()) is kept.of(profile())
    assert inference.count == 1
    longer = kept.of(profile(count=7))
    assert longer is not None and longer["key"].shape[2] == 7
    assert inference.count == 2


def test_who_did_something_is_encoded_off_the_request() -> None:
    kept, inference = states()
    kept.of(profile())
    kept.note(["m1", "m2"])
    kept.refresh(lambda name: profile(name, 8), lambda: 0.0)
    assert inference.count == 2, "m2 was never asked for, so nothing is kept of them"
    assert kept.of(profile(count=8)) is not None
    assert inference.count == 2, "the page found it done"
    kept.refresh(lambda name: profile(name, 9), lambda: 0.0)
    assert inference.count == 2


def test_a_refresh_ends_when_its_time_is_over() -> None:
    kept, inference = states(10**6)
    names = [f"m{n}" for n in range(20)]
    for name in names:
        kept.of(profile(name))
    kept.note(names)
    seconds = iter(np.arange(0.0, 10.0, 0.02).tolist())
    kept.refresh(lambda name: profile(name, 8), lambda: next(seconds))
    assert 0 < inference.count - 20 < 5


def test_the_least_recently_asked_for_go_first_and_the_erased_at_once() -> None:
    kept, inference = states(bytes_max=3 * 2 * 6 * 4 * 8)
    for name in ("m1", "m2", "m3", "m1", "m4"):
        kept.of(profile(name))
    assert inference.count == 4
    kept.of(profile("m1"))
    assert inference.count == 4, "m1 was asked for after m2"
    kept.of(profile("m2"))
    assert inference.count == 5
    kept.forget(["m2", "nobody"])
    kept.of(profile("m2"))
    assert inference.count == 6


def test_without_a_history_or_a_model_there_is_nothing() -> None:
    kept, inference = states()
    assert kept.of(Profile(member_id="m9")) is None
    assert inference.count == 0
    assert states_of(Models(), STREAMING) is None


def test_a_model_that_fails_costs_its_scores_and_no_page(caplog: pytest.LogCaptureFixture) -> None:
    torn = replace(MODELS, arrays={**MODELS.arrays, "sequence.item": np.ones((2, 8), np.float32)})
    kept = states_of(torn, STREAMING)
    assert kept is not None and kept.of(profile()) is None
    assert "could not read a history" in caplog.text
    kept.note(["m1"])
    kept.refresh(lambda name: profile(name, 8), lambda: 0.0)
    trace = Trace(lambda: 0.0)
    plan = load_plan("homepage", torn, Settings())
    page, _ = homepage(samples.query(CATALOG, profile=profile()), plan, trace)
    assert page.rows and set(trace.failed) == {"source:sequence"}


def test_nothing_is_encoded_for_whom_no_page_reads_it() -> None:
    kept, inference = states()
    live = Live(MODELS, (), states=kept)
    grown = Member(member_id="m1")
    for member in (None, replace(grown, kids=True), replace(grown, personalised=False)):
        assert live.encoded(member, profile()) is None
    assert inference.count == 0
    assert live.encoded(grown, profile()) is not None


@pytest.mark.parametrize("at_ms", [samples.NOW_MS, samples.NOW_MS + 9 * samples.DAY_MS])
def test_a_page_is_the_same_with_and_without_what_is_kept(at_ms: int) -> None:
    plan = load_plan("homepage", MODELS, Settings())
    kept = states_of(MODELS, STREAMING)
    assert kept is not None
    bare = replace(samples.query(CATALOG, profile=profile()), at_ms=at_ms, device="tv")
    helped = replace(bare, encoded=kept.of(bare.profile))
    assert helped.encoded is not None
    (_, first), (_, second) = (
        homepage(query, plan, Trace(lambda: 0.0)) for query in (bare, helped)
    )
    assert "sequence" in first
    assert second["sequence"] == pytest.approx(first["sequence"], abs=1e-4)
    assert np.array_equal(first.position, second.position)
