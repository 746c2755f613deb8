"""Attention learned in the built-in world from shuffled pages, beside the world's truth."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pasand.cli.options import bar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pasand.domain.candidates import Candidates
    from pasand.domain.events import Event
    from pasand.domain.page import Page, Row
    from pasand.domain.query import Query
    from pasand.flows.engine import Engine
    from pasand.pipeline import Plan
    from pasand.world.members import WorldMember
    from pasand.world.truth import World

__all__ = ["LearnedAttention", "attention_in_world", "shuffled_visits"]

DEVICES = ("phone", "tablet", "desktop", "tv")
#: Every page is shuffled and nothing explored; pages are a little larger than what is shuffled.
SETTINGS = "\n[stages.stagewise]\nswap_share = 1.0\nexplore_share = 0.0\n"
SHAPE = (9, 8)
VISITS_A_PAGE = 5
HOUR = 20
#: The rows and columns that are compared: those that are shuffled.
COMPARED = (6, 6)


@dataclass(frozen=True, slots=True)
class LearnedAttention:
    """One device's table [row, column], how many takes it was learned from, and how far it is
    from the truth: ``error`` is the mean absolute difference over the cells compared, against
    the member of median attention span; ``error_of_visitors`` against the mean of the visitors.
    """

    device: str
    table: NDArray[np.float64]
    take_count: int
    error: float
    error_of_visitors: float


def attention_in_world(
    home: Path, member_count: int = 200, page_count: int = 100, seed: int = 1
) -> list[LearnedAttention]:
    """Let members of the world visit shuffled pages, and learn which cells they look at.

    Each member's rows are made once by the home's live plan; ``page_count`` pages are shuffled of
    them, by turns for every device, and each is visited some times. Learning starts from a plain
    shape, not from what the package ships. The home is not changed.
    """
    from pasand.bootstrap import copy_home, open_home
    from pasand.errors import InvalidInput
    from pasand.flows.attention import takes_in
    from pasand.learning.attention import Take, learn_attention, plain_table
    from pasand.world.truth import make_world

    takes: dict[str, list[Take]] = {device: [] for device in DEVICES}
    with tempfile.TemporaryDirectory(prefix="pasand-") as folder:
        copy = Path(folder) / "home"
        copy_home(home, copy)
        with (copy / "pasand.toml").open("a", encoding="utf-8") as file:
            file.write(SETTINGS)
        opened = open_home(copy)
        try:
            note = opened.engine.stores.ledger.note("world")
            if not note:
                told = f"{home} does not hold the built-in world."
                raise InvalidInput(told, field="home", fix="pasand demo")
            world = make_world(*map(int, note.split()))
            events = shuffled_visits(
                world,
                _asked(opened.engine, world, member_count),
                page_count,
                seed,
            )
            for device, take in takes_in(events):
                takes[device].append(take)
        finally:
            opened.close()
    spans = [member.attention_span for member in world.members[:member_count]]
    return [
        _beside_truth(device, learn_attention(some, plain_table()), len(some), spans)
        for device, some in takes.items()
    ]


def shuffled_visits(
    world: World,
    asked: Iterable[tuple[WorldMember, Query, Callable[[Query], Page]]],
    page_count: int,
    seed: int,
) -> Iterator[Event]:
    """Yield what visits leave: each page as it was served, then what was done on it.

    ``asked`` are members with a query of theirs, and what makes the page of one like it.
    """
    import numpy as np
    from msgspec import structs

    from pasand.cli.simulate import rows_met
    from pasand.domain.ids import stable_seed
    from pasand.flows.served import Served, page_event
    from pasand.pipeline import Trace
    from pasand.world.behaviour import Memory, visit
    from pasand.world.simulation import ServedPage, cells_of
    from pasand.world.visit_events import VisitPlace, events_of_visit

    allowed = np.ones(len(world.titles), bool)
    for member, query, make in asked:
        for turn in range(page_count):
            device = DEVICES[turn % len(DEVICES)]
            drawn = stable_seed(seed, query.member_id, turn)
            query = replace(query, device=device, seed=drawn)
            served = page_event(Served(query, make(query), None, Trace(float), ""))
            cells, _ = cells_of(world.truth, ServedPage("", rows_met(served)))
            rng = np.random.default_rng(drawn)
            for again in range(VISITS_A_PAGE):
                page_id = f"{query.member_id}.{turn}.{again}"
                memory = Memory.blank(len(world.titles))
                outcome = visit(world.truth, member, memory, cells, device, HOUR, allowed, rng)
                place = VisitPlace(
                    prefix=page_id, page_id=page_id, device=device, at_ms=query.at_ms
                )
                yield structs.replace(served, event_id=page_id, page_id=page_id)
                yield from events_of_visit(world, member, place, cells, outcome)


def _asked(
    engine: Engine, world: World, member_count: int
) -> Iterator[tuple[WorldMember, Query, Callable[[Query], Page]]]:
    from pasand.flows.homepage import proposed
    from pasand.flows.live import PageRequest
    from pasand.pipeline import Trace

    show, plan = bar("Shuffled pages"), engine.live.plans[0]
    for number, member in enumerate(world.members[:member_count]):
        member_id, (row_count, column_count) = member.member.member_id, SHAPE
        query, _ = engine.query(
            PageRequest(member_id=member_id, row_count=row_count, column_count=column_count)
        )
        found = proposed(query, plan, Trace(engine.timer))
        yield member, query, partial(_page, plan, found)
        show(number + 1, member_count)


def _page(plan: Plan, found: tuple[Candidates, list[Row]], query: Query) -> Page:
    from pasand.flows.homepage import arranged

    return plan.artist(query, arranged(query, plan, *found))


def _beside_truth(
    device: str, table: NDArray[np.float64], take_count: int, spans: list[float]
) -> LearnedAttention:
    import numpy as np

    from pasand.world.behaviour import attention_table

    rows, columns = COMPARED
    # The world counts rows from the top of the page, where the hero stands.
    truth = attention_table(device, rows + 1, columns)[1:]
    visitors = np.mean([truth ** (1.0 / span) for span in spans], axis=0)
    errors: Any = [
        float(np.abs(table[:rows, :columns] - one / one[0, 0]).mean()) for one in (truth, visitors)
    ]
    return LearnedAttention(device, table, take_count, *errors)
