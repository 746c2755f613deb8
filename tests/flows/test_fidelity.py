"""Goal: a "because" is said only where taking its cause away lowers the item's final score."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from pasand.bootstrap import Home, open_home
from pasand.domain.candidates import Candidates
from pasand.domain.member import Member
from pasand.domain.page import REASONS
from pasand.domain.query import Query
from pasand.flows.fidelity import Fidelity, evidence_fidelity
from pasand.flows.homepage import homepage, proposed
from pasand.flows.live import PageRequest
from pasand.pipeline import Plan, Trace
from pasand.stages.causes import CAUSES, FALLS, borne_out
from pasand.stages.scorers.evidence import Config as EvidenceConfig
from pasand.stages.scorers.evidence import EvidenceScorer, change_of_part
from pasand.testing import samples

MEMBERS = [f"m{number}" for number in range(12)]
COUNT = 120
BECAUSE = REASONS.index("because")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home in which some members have taken a few things, others many."""
    opened = open_home(tmp_path_factory.mktemp("home"), create=True)
    engine = opened.engine
    engine.append([samples.put_event(item) for item in samples.items(COUNT)])
    engine.append([samples.member_event(Member(member_id=name)) for name in MEMBERS])
    now_ms = engine.now_ms()
    for number, member_id in enumerate(MEMBERS):
        for step in range(2 + 2 * number):
            item_id = f"i{(7 * number + step * (3 + number % 4)) % COUNT}"
            fields = {"member_id": member_id, "item_id": item_id, "device": "tv"}
            at_ms = now_ms - 600_000 * (40 - step)
            engine.append([samples.event(f"{member_id}.{step}", occurred_ms=at_ms, **fields)])
    arrays = samples.models([f"i{n}" for n in range(COUNT)]).arrays
    kept = {name: value for name, value in arrays.items() if not name.startswith("sequence")}
    # Few things follow each, and clearly: as it is in logs.
    kept |= {name: kept[name][:, :16] for name in ("covisit.neighbour", "covisit.strength")}
    about = {"log_offset": 0, "weights": engine.weights.version}
    engine.stores.ledger.promote(engine.stores.models.save(kept, about), now_ms)
    engine.tick()
    engine.settle()
    yield opened
    opened.close()


def queries(home: Home) -> list[Query]:
    return [home.engine.query(PageRequest(member_id=name))[0] for name in MEMBERS]


def fidelity(home: Home, plan: Plan) -> Fidelity:
    return evidence_fidelity(
        queries(home), plan, home.engine.stores.log, claims_per_member=40, seed=3
    )


def untrue(found: Fidelity) -> int:
    """Return how many of the claims that were tried were not borne out."""
    return sum(not claim.borne_out for claim in found.claims)


def test_claims_are_borne_out(home: Home) -> None:
    plan = home.engine.live.plans[0]
    found = fidelity(home, plan)
    assert len(found.claims) > 50 and found.member_count == len(MEMBERS)
    assert found.value >= 0.9 and found.low <= found.value <= found.high
    kinds = {claim.row_kind for claim in found.claims}
    assert len(kinds) > 1
    careless = replace(plan, scorers={n: s for n, s in plan.scorers.items() if n != "evidence"})
    assert untrue(fidelity(home, careless)) >= untrue(found)
    # Where a score would hardly fall, nothing is claimed.
    strict = EvidenceScorer(EvidenceConfig(margin=1.0), home.engine.live.models)
    claims = []
    for one in (careless, replace(plan, scorers={**plan.scorers, "evidence": strict})):
        found_of = [proposed(query, one, Trace(lambda: 0.0))[0] for query in queries(home)]
        claims.append(sum(int((table["reason"] == BECAUSE).sum()) for table in found_of))
    assert 0 < claims[1] < claims[0]


def test_the_same_seed_draws_the_same_claims(home: Home) -> None:
    plan = home.engine.live.plans[0]
    asked, log = queries(home), home.engine.stores.log
    first, second = (
        evidence_fidelity(asked, plan, log, claims_per_member=40, seed=3) for _ in range(2)
    )
    assert first == second


def test_every_because_of_a_page_names_what_was_taken(home: Home) -> None:
    for query in queries(home):
        page, candidates = homepage(query, home.engine.live.plans[0], Trace(lambda: 0.0))
        taken = {query.catalog.find(entry.item_id) for entry in query.profile.recent}
        for row in page.rows:
            assert row.reason is not None and row.cause is not None
            named = row.cause[row.reason == BECAUSE].tolist()
            assert set(named) <= taken
        said = candidates["reason"] == BECAUSE
        assert (candidates["cause_item"][said] >= 0).all()
        assert (candidates["cause_item"][~said] == -1).all()


def test_a_row_keeps_only_what_bears_it_out(home: Home) -> None:
    plan = home.engine.live.plans[0]
    made = [proposed(query, plan, Trace(lambda: 0.0)) for query in queries(home)]
    row, candidates = next(
        (row, found) for found, rows in made for row in rows if row.kind == "because"
    )
    assert [len(one) for one in borne_out(candidates, [row])] == [len(row)]
    falls = candidates[FALLS].copy()
    first = np.searchsorted(candidates.position, row.position[0])
    falls[first] = -1.0
    doubted = candidates.without([FALLS]).extend({FALLS: falls})
    assert borne_out(doubted, [row])[0].position.tolist() == row.position[1:].tolist()
    assert borne_out(candidates.without([FALLS]), [row]) == [row]
    assert candidates[CAUSES].shape == falls.shape


def test_a_part_changes_as_if_it_were_scored_anew() -> None:
    column = np.array([0.0, 1.0, 4.0, 2.0], np.float32)
    part = 3.0 * (column - column.mean()) / column.std()
    change = np.array([[0.0], [-1.0], [0.5], [0.0]])
    table = Candidates(
        np.arange(4, dtype=np.int32), {"ease": column, "part.ease": part.astype(np.float32)}
    )
    after = column + change[:, 0]
    wanted = 3.0 * (after - after.mean()) / after.std() - part
    np.testing.assert_allclose(change_of_part(table, "ease", change)[:, 0], wanted, atol=1e-5)


def test_nothing_is_claimed_where_nothing_can_be_tried(home: Home) -> None:
    plan = home.engine.live.plans[0]
    nobody = evidence_fidelity([samples.query(samples.items(9))], plan, home.engine.stores.log)
    assert (nobody.claims, nobody.value) == ((), 0.0)
