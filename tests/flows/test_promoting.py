"""Goal: one row makes a snapshot live, one takes it back, and what pages name stays."""

from __future__ import annotations

from typing import Any

import pytest

from pasand.adapters.memory import MemoryLedger, MemoryModelStore
from pasand.errors import NotFound, SnapshotRefused
from pasand.flows.gating import Report, Stretch
from pasand.flows.promoting import (
    before_live,
    due,
    line_of,
    listed,
    may_go_live,
    prune,
    servable,
)
from pasand.ports import Promotion
from pasand.settings import LearnSettings
from pasand.testing import samples

DAY_MS, NOW_MS = samples.DAY_MS, samples.NOW_MS
SETTINGS = LearnSettings()


class Snapshots:
    """Snapshots by short names, over stores in memory."""

    def __init__(self) -> None:
        self.models, self.ledger = MemoryModelStore(), MemoryLedger()
        self.ids: dict[str, str] = {}

    def save(self, name: str, age_days: float = 0.0, **about: Any) -> str:
        facts = {"created_ms": NOW_MS - int(age_days * DAY_MS), "full": False, **about}
        self.ids[name] = self.models.save({"item_ids": ["i1"]}, facts)
        return self.ids[name]

    def promote(self, name: str, age_days: float = 0.0) -> None:
        self.ledger.promote(self.ids[name], NOW_MS - int(age_days * DAY_MS))

    def names(self, ids: list[str]) -> str:
        return " ".join(name for one in ids for name, its in self.ids.items() if its == one)


@pytest.fixture
def kept() -> Snapshots:
    return Snapshots()


@pytest.mark.parametrize(
    ("promoted", "line"),
    (("", ""), ("abc", "abc"), ("abcb", "ab"), ("abcba", "a"), ("abcbd", "abd")),
)
def test_going_back_lets_go_of_what_came_after(promoted: str, line: str) -> None:
    assert "".join(line_of([Promotion(one, 1) for one in promoted])) == line


def test_rolling_back_goes_further_each_time(kept: Snapshots) -> None:
    with pytest.raises(NotFound):
        before_live(kept.ledger, kept.models)
    for name in "abc":
        kept.save(name)
        kept.promote(name)
    for wanted in "ba":
        assert kept.names([before_live(kept.ledger, kept.models)]) == wanted
        kept.promote(wanted)
    with pytest.raises(NotFound):
        before_live(kept.ledger, kept.models)
    assert kept.names([before_live(kept.ledger, kept.models, kept.ids["c"])]) == "c"
    with pytest.raises(NotFound, match="never live"):
        before_live(kept.ledger, kept.models, kept.save("d"))


def test_a_snapshot_that_is_gone_is_no_way_back(kept: Snapshots) -> None:
    for name in "abc":
        kept.save(name)
        kept.promote(name)
    kept.models.remove(kept.ids["b"])
    assert kept.names([before_live(kept.ledger, kept.models)]) == "a"


def test_what_was_refused_never_serves(kept: Snapshots) -> None:
    for name in "abcd":
        kept.save(name)
    assert list(servable(kept.ledger, kept.models)) == []
    kept.models.put_verdict(kept.ids["d"], {"passed": False, "reasons": ["it is worse"]})
    kept.promote("b")
    kept.promote("c")
    assert kept.names(list(servable(kept.ledger, kept.models))) == "c b a"


def test_a_snapshot_passes_the_gate_once(kept: Snapshots) -> None:
    asked: list[str] = []

    def examine(snapshot_id: str, stretch: Stretch) -> Report:
        asked.append(kept.names([snapshot_id]))
        return Report(snapshot_id, ("it is broken",) if asked[-1] == "bad" else ())

    def try_to_promote(name: str) -> None:
        may_go_live(kept.models, kept.ledger, kept.ids[name], examine, SETTINGS, NOW_MS)

    kept.save("good")
    kept.save("bad")
    try_to_promote("good")
    try_to_promote("good")
    for _ in range(2):
        with pytest.raises(SnapshotRefused, match="it is broken"):
            try_to_promote("bad")
    assert asked == ["good", "bad", "bad"]
    kept.ids["lost"] = "lost"
    with pytest.raises(NotFound, match="no snapshot lost"):
        try_to_promote("lost")


def test_the_list_says_what_each_snapshot_is(kept: Snapshots) -> None:
    for name in "abcd":
        kept.save(name, models=["ease"])
    kept.models.put_verdict(kept.ids["a"], {"passed": True, "reasons": []})
    kept.models.put_verdict(kept.ids["d"], {"passed": False, "reasons": ["it is worse"]})
    kept.promote("b", 2)
    kept.promote("c", 1)
    rows = listed(kept.models, kept.ledger)
    states = {kept.names([row.snapshot_id]): row.state for row in rows}
    assert states == {"d": "refused", "c": "live", "b": "previous", "a": "passed"}
    assert rows[0].reasons == ("it is worse",) and rows[1].models == ("ease",)
    assert [row.promoted_ms for row in rows] == [0, NOW_MS - DAY_MS, NOW_MS - 2 * DAY_MS, 0]


def test_what_a_page_may_name_stays(kept: Snapshots) -> None:
    # z was never live, a served until 90 days ago, b until 29 days ago, c is before the live d.
    ages = {"z": 200, "a": 100, "b": 90, "c": 80, "d": 70, "young": 29}
    for name, age in ages.items():
        kept.save(name, age)
    for name, age in {"a": 100, "b": 90, "c": 29, "d": 28}.items():
        kept.promote(name, age)
    assert kept.names(prune(kept.models, kept.ledger, NOW_MS, keep=2)) == ""
    assert kept.names(prune(kept.models, kept.ledger, NOW_MS, keep=1)) == "z"
    assert kept.names(prune(kept.models, kept.ledger, NOW_MS, keep=0)) == "a"
    assert kept.names(kept.models.list()) == "b c d young"
    # Two days later no page of b is replayed any more, but c is where a rollback would go.
    assert kept.names(prune(kept.models, kept.ledger, NOW_MS + 40 * DAY_MS, keep=0)) == "b young"
    assert kept.names(kept.models.list()) == "c d"


def test_refused_ones_do_not_pile_up(kept: Snapshots) -> None:
    for name in "abc":
        kept.models.put_verdict(kept.save(name), {"passed": False, "reasons": []})
    kept.save("d")
    assert kept.names(prune(kept.models, kept.ledger, NOW_MS, keep=1)) == "a b"
    assert kept.names(kept.models.list()) == "c d"


def test_what_is_due(kept: Snapshots) -> None:
    settings = LearnSettings(every_hours=24, full_every_hours=72)
    assert due(kept.models, settings, NOW_MS) == "full"
    kept.save("a", 2.5, full=True)
    assert due(kept.models, settings, NOW_MS) == "warm"
    kept.save("b", 0.5)
    assert due(kept.models, settings, NOW_MS) == ""
    assert due(kept.models, settings, NOW_MS + DAY_MS // 2) == "full"
