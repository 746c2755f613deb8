"""Goal: in the built-in world every cell of every member's page keeps its row's rule, at any hour.

Method: a small world's log is folded into profiles and counters; pages are made for every member
on all devices, morning and evening, on a weekday and at the weekend.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
from test_row_coherence import broken_rules, proposals, whole_plan

from pasand.domain.catalog import Catalog
from pasand.domain.counters import Counters
from pasand.domain.events import Event
from pasand.domain.fold import fold
from pasand.domain.interactions import Interactions
from pasand.domain.page import Row
from pasand.domain.profile import Profile
from pasand.domain.query import Query
from pasand.learning.covisit import train_covisit
from pasand.learning.esteem import train_esteem
from pasand.pipeline import Plan
from pasand.stages.models import Models, Vocabulary
from pasand.world.history import write_history
from pasand.world.titles import make_episodes
from pasand.world.truth import World, make_world

NOW_MS = 1_790_000_000_000
HOUR_MS = 3_600_000
WORLD = make_world(3, NOW_MS, 160, 40)
EVENTS = list(write_history(WORLD, 1, NOW_MS, days=25, event_count=5000))


def catalog_of(world: World) -> Catalog:
    return Catalog([*(title.item for title in world.titles), *make_episodes(world.titles)])


def counters_of(events: list[Event]) -> Counters:
    counters = Counters()
    counters.add(events)
    return counters


CATALOG = catalog_of(WORLD)
COUNTERS = counters_of(EVENTS)


def learned() -> Models:
    """Return what members took together and what they finished, by the world's own plays."""
    plays = [event for event in EVENTS if event.kind == "play_start"]
    members = sorted({event.member_id for event in plays})
    items = sorted({_series(event.item_id) for event in plays})
    interactions = Interactions(
        np.array([members.index(event.member_id) for event in plays], np.int32),
        np.array([items.index(_series(event.item_id)) for event in plays], np.int32),
        np.array([event.occurred_ms for event in plays]),
        np.ones(len(plays), np.float32),
        tuple(members),
        tuple(items),
    )
    covisit = train_covisit(interactions)
    done = [(e.member_id, _series(e.item_id), True) for e in EVENTS if e.kind == "complete"]
    esteem = train_esteem(interactions, done)
    arrays = {
        "covisit.neighbour": covisit.neighbour,
        "covisit.strength": covisit.strength,
        "esteem.takers": esteem.takers,
        "esteem.liked": esteem.liked,
    }
    return Models("world", arrays, Vocabulary(items))


def _series(item_id: str) -> str:
    facts = CATALOG.facts(item_id)
    return facts.series_id if facts and facts.series_id else item_id


def queries() -> list[Query]:
    """Return one page request a member; devices and moments go round."""
    own: dict[str, list[Event]] = defaultdict(list)
    for event in EVENTS:
        own[event.member_id].append(event)
    view, made = COUNTERS.view(), []
    for number, one in enumerate(WORLD.members):
        member = one.member
        profile = fold(Profile(member_id=member.member_id), own[member.member_id], CATALOG.facts)
        made.append(
            Query(
                member_id=member.member_id,
                profile=profile,
                catalog=CATALOG,
                counters=view,
                at_ms=NOW_MS + 17 * number % 168 * HOUR_MS,
                time_zone=member.time_zone,
                country=member.country,
                device=("tv", "phone", "desktop", "tablet")[number % 4],
                maturity_ceiling=member.maturity_ceiling,
                row_count=40,
                column_count=20,
            )
        )
    return made


def test_every_cell_of_the_worlds_pages_keeps_its_rows_rule() -> None:
    # Forty members are too few for five of them to have taken what few took.
    few = {"takers_min": 2, "takers_share": 0.9, "liked_share": 0.9}
    plan = whole_plan(learned(), {"gems": few})
    shown: Counter[str] = Counter()
    for query in queries():
        assert broken_rules(query, plan) == []
        shown.update({row.kind for row in _whole(query, plan)})
    # The rules were asked of every kind of row that there is.
    kinds = {kind for maker in plan.row_makers.values() for kind in maker.kinds}
    missing = kinds - shown.keys() - {"hero"}
    assert missing <= {"searched"}, missing


def _whole(query: Query, plan: Plan) -> list[Row]:
    return [row for row in proposals(query, plan).rows if len(row) >= row.cell_count_min]
