"""Goal: what may go live is what ranks, shows and keeps its promises, and nothing else may."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from pasand.adapters.clocks import HandClock
from pasand.adapters.memory import MemoryLedger, MemoryModelStore, MemoryStore
from pasand.cli.gate import examiner_over
from pasand.cli.gate_process import examined
from pasand.domain.catalog import Catalog
from pasand.errors import SnapshotRefused
from pasand.flows import learning
from pasand.flows.gating import Quality, Report, Rival, Stretch, judge, pass_gate, quality_in
from pasand.flows.learning import Learned, learn, light
from pasand.flows.live import Stores
from pasand.flows.teaching import Gate, Run, last_stretch
from pasand.flows.training import Lesson
from pasand.settings import LearnSettings, Settings
from pasand.testing import samples

MEMBER_COUNT, STEP_COUNT, ITEM_COUNT = 60, 10, 40
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
ITEMS = samples.items(ITEM_COUNT)


@dataclass
class Installation:
    """A log in which every member goes on from a title to the next, and what learns from it."""

    stores: Stores
    settings: Settings = field(default_factory=Settings)
    runs: int = 0

    @property
    def catalog(self) -> Catalog:
        return Catalog(self.stores.catalog.items())

    def live_on(self, first: int, steps: int) -> None:
        """Have every member take the next titles."""
        self.stores.log.append(
            [
                samples.event(
                    f"e{member}.{step}",
                    member_id=f"m{member}",
                    item_id=f"i{(member + step) % ITEM_COUNT}",
                    device="tv",
                    occurred_ms=samples.NOW_MS + step * HOUR_MS + member * 1000,
                )
                for step in range(first, first + steps)
                for member in range(MEMBER_COUNT)
            ]
        )

    def learn(self, full: bool = False) -> Learned:
        """Learn with the gate, which examines in this process, and promote."""
        self.runs += 1
        run = Run(
            samples.NOW_MS + self.runs,
            self.stores.ledger.live_snapshot(),
            full,
            gate=Gate(examiner_over(self.stores, self.settings, self.catalog), self.examine),
        )
        stores = self.stores
        learned = learn(stores.log, self.catalog, stores.models, self.settings.learn, run=run)
        stores.ledger.promote(learned.snapshot_id, self.runs)
        return learned

    def examine(self, snapshot_id: str, stretch: Stretch) -> Report:
        return examined(self.stores, self.settings, snapshot_id, stretch)


@pytest.fixture
def home() -> Installation:
    store = MemoryStore()
    store.append([samples.put_event(one) for one in ITEMS])
    clock = HandClock(samples.NOW_MS)
    found = Installation(Stores(store, store, store, MemoryLedger(), MemoryModelStore(), clock))
    found.live_on(0, STEP_COUNT)
    return found


@dataclass
class Spy:
    """Stands before the trainers and keeps what they were given."""

    lessons: list[Lesson] = field(default_factory=list)
    spoil: Callable[[dict[str, Any]], dict[str, Any]] = lambda arrays: arrays

    def __call__(self, lesson: Lesson) -> dict[str, Any]:
        self.lessons.append(lesson)
        return self.spoil(light(lesson))


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Spy:
    spy = Spy()
    monkeypatch.setattr(learning, "TRAINERS", {"light": spy})
    return spy


def test_a_snapshot_keeps_what_was_found_out_about_it(home: Installation) -> None:
    first = home.learn()
    about = home.stores.models.about(first.snapshot_id)
    quality = quality_in(about)
    assert quality is not None and quality == first.quality
    assert quality.target_count >= 50 and quality.ndcg > 0.4 > quality.popular_ndcg
    assert quality.ahead == pytest.approx(quality.ndcg - quality.popular_ndcg)
    assert 0.02 < quality.coverage <= 1.0
    assert about["models"] == ["context", "covisit", "ease", "esteem"] and about["full"]
    assert (about["parent"], about["created_ms"], about["seed"]) == ("", samples.NOW_MS + 1, 1)
    assert about["settings"]["gate_margin"] == 0.05 and about["log_offset"] == 640
    verdict = home.stores.models.verdict(first.snapshot_id)
    assert verdict is not None and verdict["passed"] and verdict["page_count"] == 25
    second = home.learn()
    after = home.stores.models.about(second.snapshot_id)
    assert after["parent"] == first.snapshot_id and not after["full"]
    assert after["rival"]["snapshot_id"] == first.snapshot_id


def test_the_same_log_gives_the_same_figures(home: Installation) -> None:
    one, other = home.learn(full=True), home.learn(full=True)
    assert one.quality == other.quality
    arrays, same = (home.stores.models.load(each.snapshot_id)[0] for each in (one, other))
    assert all(np.array_equal(array, same[name]) for name, array in arrays.items())


def test_it_is_judged_by_what_it_has_not_seen(home: Installation, spy: Spy) -> None:
    learned = home.learn()
    assert learned.quality is not None
    stretch = learned.quality.stretch
    rehearsal, final = spy.lessons
    assert rehearsal.interactions.at_ms.max() <= stretch.after_ms < final.interactions.at_ms.max()
    assert not rehearsal.previous and not rehearsal.rehearsal and not final.previous
    assert final.rehearsal.keys() == light(rehearsal).keys()
    assert len(final.interactions) == learned.interaction_count == MEMBER_COUNT * STEP_COUNT
    # The live one has seen these targets: it may not warm the rehearsal, only the final training.
    home.learn()
    rehearsal, final = spy.lessons[2:]
    assert not rehearsal.previous and "ease.weights" in final.previous


def test_the_live_one_is_held_to_targets_that_neither_has_seen(
    home: Installation, spy: Spy
) -> None:
    home.settings = Settings(learn=LearnSettings(gate_target_count=40))
    first = home.learn()
    end_ms = int(spy.lessons[-1].interactions.at_ms.max())
    home.live_on(STEP_COUNT, 3)
    second = home.learn()
    rehearsal, _ = spy.lessons[2:]
    assert second.quality is not None and second.quality.stretch.after_ms == end_ms
    assert rehearsal.interactions.at_ms.max() == end_ms and "ease.weights" in rehearsal.previous
    rival = home.stores.models.about(second.snapshot_id)["rival"]
    # Trained the same way on the same log, both rank alike.
    assert rival["snapshot_id"] == first.snapshot_id and rival["ahead"] == 0.0
    assert rival["quality"]["ndcg"] == second.quality.ndcg


def test_what_ranks_worse_than_the_live_one_is_refused(home: Installation, spy: Spy) -> None:
    live = home.learn().snapshot_id
    home.live_on(STEP_COUNT, 6)
    spy.spoil = shuffled
    with pytest.raises(SnapshotRefused, match="below that of the live snapshot"):
        home.learn()
    refused = home.stores.models.list()[-1]
    assert refused != live and home.stores.ledger.live_snapshot() == live
    verdict = home.stores.models.verdict(refused)
    assert verdict is not None and not verdict["passed"] and verdict["against"] == live


def shuffled(arrays: dict[str, Any]) -> dict[str, Any]:
    """Give every item the model of another."""
    order = np.random.default_rng(2).permutation(len(arrays["covisit.neighbour"]))
    names = ("covisit.neighbour", "covisit.strength", "ease.weights")
    return arrays | {name: arrays[name][order] for name in names}


def changed(name: str, change: Callable[[Any], Any]) -> Callable[[dict[str, Any]], None]:
    def act(arrays: dict[str, Any]) -> None:
        arrays[name] = change(np.array(arrays[name]))

    return act


def with_nan(array: Any) -> Any:
    array[0, 0] = np.nan
    return array


def strangers(arrays: dict[str, Any]) -> None:
    arrays["item_ids"] = [f"other{n}" for n in range(len(arrays["item_ids"]))]


def turned_around(arrays: dict[str, Any]) -> None:
    arrays |= shuffled(arrays)


BROKEN: Mapping[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "none": (changed("ease.weights", with_nan), "ease.weights holds numbers that are none"),
    "shape": (changed("ease.weights", lambda array: array[:, :-3]), "source:ease failed"),
    "dtype": (changed("ease.weights", lambda array: array.astype(str)), "ease.weights"),
    "missing": (lambda arrays: arrays.pop("covisit.strength"), "covisit.strength is missing"),
    "beyond": (changed("covisit.neighbour", lambda array: array + 10_000), "covisit failed"),
    "catalogue": (strangers, "no item of the events is in the catalogue"),
    "nameless": (lambda arrays: arrays.pop("item_ids"), "names no items"),
    "mixed up": (turned_around, "worse"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_what_is_broken_is_refused_in_words(home: Installation, how: str) -> None:
    models = home.stores.models
    good = home.learn().snapshot_id
    arrays, about = models.load(good)
    broken = dict(arrays)
    act, words = BROKEN[how]
    act(broken)
    candidate = models.save(broken, about)
    settings = home.settings.learn
    verdict = pass_gate(models, candidate, home.examine, settings, good, samples.NOW_MS)
    assert not verdict.passed and words in " ".join(verdict.reasons), verdict.reasons
    assert models.verdict(candidate) == verdict.facts()
    # As it was, it passes.
    again = models.save(arrays, about)
    assert pass_gate(models, again, home.examine, settings, good, samples.NOW_MS).passed


def test_too_little_to_tell_is_no_reason_to_refuse(home: Installation) -> None:
    home.settings = Settings(learn=LearnSettings(gate_target_count=0))
    learned = home.learn()
    assert learned.quality is None
    verdict = home.stores.models.verdict(learned.snapshot_id)
    assert verdict is not None and verdict["passed"] and verdict["page_count"] == 25


def test_a_stretch_begins_where_the_live_one_ended_or_a_week_before_the_end(
    home: Installation,
) -> None:
    data = home.stores.log.interactions({"play_start": 1.0})
    at_ms = data.at_ms
    tenth, last = int(at_ms[int(0.9 * len(at_ms))]), int(at_ms[-1])
    assert last_stretch(data, 0, 80) == Stretch(tenth, last)
    assert last_stretch(data, int(at_ms[400]), 80) == Stretch(int(at_ms[400]), last)
    assert last_stretch(data, int(at_ms[550]), 80) == Stretch(tenth, last), "too few since"
    assert last_stretch(data, int(at_ms[100]), 80) == Stretch(tenth, last), "too many since"
    spread = replace(data, at_ms=np.linspace(0, 60 * DAY_MS, len(data)).astype(np.int64))
    assert last_stretch(spread, 0, 80) == Stretch(53 * DAY_MS, 60 * DAY_MS), "the last week"
    moment = replace(data, at_ms=np.full(len(data), 7))
    assert last_stretch(moment, 0, 80) == Stretch()


QUALITY = Quality(Stretch(1, 2), 300, 0.20, 0.02, 0.10, 0.10, 0.02, 0.5)
PASSES = Report("s1", page_count=25, quality=replace(QUALITY, ndcg=0.4))


@pytest.mark.parametrize(
    ("ahead", "error", "passed"),
    ((0.01, 0.001, True), (-0.009, 0.001, True), (-0.011, 0.001, False), (-0.011, 0.02, True)),
)
def test_a_margin_and_more_than_chance(ahead: float, error: float, passed: bool) -> None:
    rival = Rival("live", QUALITY, ahead, error)
    assert judge(PASSES, QUALITY, rival, LearnSettings(), 1).passed == passed


def test_on_other_targets_what_counts_is_the_lead_over_popularity() -> None:
    better = Rival("live", replace(QUALITY, stretch=Stretch(3, 4), ahead=0.2))
    verdict = judge(PASSES, QUALITY, better, LearnSettings(), 1)
    assert not verdict.passed and "live snapshot" in verdict.reasons[0]
    easier = Rival("live", replace(QUALITY, ndcg=0.5, popular_ndcg=0.4))
    assert judge(PASSES, QUALITY, easier, LearnSettings(), 1).passed
    few = Rival("live", replace(QUALITY, ahead=0.2, target_count=9))
    assert judge(PASSES, QUALITY, few, LearnSettings(), 1).passed


def test_lists_that_are_the_same_for_everybody_are_refused() -> None:
    narrow = replace(PASSES, quality=replace(QUALITY, coverage=0.01))
    assert "1.0% of the catalogue" in judge(narrow, None, Rival(""), LearnSettings(), 1).reasons[0]
    half = replace(PASSES, quality=replace(QUALITY, coverage=0.2))
    assert not judge(half, None, Rival("live", QUALITY), LearnSettings(), 1).passed
    assert judge(half, None, Rival(""), LearnSettings(), 1).passed
