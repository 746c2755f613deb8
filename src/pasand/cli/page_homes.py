"""Homes that an evaluation of pages runs on: filled with the past up to a moment, and learned."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pasand.cli.demo_world import WORLD_NOW_MS
from pasand.cli.options import bar, say
from pasand.domain.zones import zone

if TYPE_CHECKING:
    from pasand.domain.events import Event
    from pasand.evaluation.data import EvaluationData
    from pasand.evaluation.splits import Split
    from pasand.flows.page_moments import Asked, Service
    from pasand.flows.page_past import Past
    from pasand.pipeline import Plan
    from pasand.stages.models import Models
    from pasand.world.truth import World

__all__ = ["WORLD", "WORLD_NOTE", "Opened", "Reading", "open_trained", "read_past", "train_home"]

WORLD = "world"
_WORLD_SEED = 7
#: Globo's last day has a hundred thousand targets; signals need no more than these.
_GLOBO_TARGET_COUNT = 5_000
#: What a home of the world is known by: its seed, and the end of its past.
WORLD_NOTE = f"{_WORLD_SEED} {WORLD_NOW_MS}"


@dataclass(frozen=True, slots=True)
class Reading:
    """A data set as it is evaluated: interactions, the events they lie in, its records, which
    signals it has, which protocol splits it, and about how many targets are enough (0: all).

    ``wished`` gives the targets as the members truly wish, where that is known; ``titled`` says
    whether items have titles that somebody could look for.
    """

    data: EvaluationData
    past: Past
    records: Callable[[], Iterable[Any]]
    signals: tuple[str, ...]
    wished: Callable[[Sequence[Asked]], list[Asked]] = list
    protocol: str = "time"
    target_count: int = 0
    titled: bool = True


def read_past(data: str) -> Reading:
    """Return the data of a folder, or "world" for the built-in one's.

    Raises:
        NotFound, InvalidInput: the folder holds nothing whose titles are known.
    """
    if data == WORLD:
        return _world()
    folder = Path(data)
    from pasand.adapters.globo import is_globo, read_globo
    from pasand.adapters.interaction_files import read_data
    from pasand.adapters.movielens import read_movielens
    from pasand.flows.page_past import past_of_interactions

    found = read_globo(folder) if is_globo(folder) else read_movielens(folder)

    def records() -> Iterable[Any]:
        yield from found.items()
        yield from found.members()

    read = read_data(folder).in_order()
    said = read.interactions.feature
    known = [name for name in ("rating", "device") if name in said and said[name].any()]
    signals = ("popularity", "hour", "date", *known)
    past = past_of_interactions(read.interactions)
    if not is_globo(folder):
        return Reading(read, past, records, signals)
    return Reading(
        read, past, records, signals, protocol="day", target_count=_GLOBO_TARGET_COUNT, titled=False
    )


def _world() -> Reading:
    from pasand.domain.catalog import Catalog
    from pasand.domain.weights import STREAMING
    from pasand.evaluation.data import EvaluationData
    from pasand.evaluation.page_signals import SIGNALS
    from pasand.flows.page_past import past_of_log
    from pasand.world.history import write_history
    from pasand.world.titles import make_episodes
    from pasand.world.truth import make_world

    world = make_world(_WORLD_SEED, WORLD_NOW_MS)
    items = [title.item for title in world.titles] + list(make_episodes(world.titles))
    members = [member.member for member in world.members]
    events = list(write_history(world, _WORLD_SEED, WORLD_NOW_MS))
    past = past_of_log(events, Catalog(items), STREAMING)
    data = EvaluationData(past.interactions, WORLD, hashes={WORLD: f"built in, seed {_WORLD_SEED}"})

    def wished(asked: Sequence[Asked]) -> list[Asked]:
        return _wished(asked, world, past, events)

    return Reading(data, past, lambda: [*items, *members], SIGNALS, wished)


def _wished(
    asked: Sequence[Asked], world: World, past: Past, events: Sequence[Event]
) -> list[Asked]:
    """Return the targets with what their members would have taken of all titles there are."""
    from pasand.evaluation.page_metrics import AHEAD
    from pasand.world.wishes import wishes

    number = {one.member.member_id: one.index for one in world.members}
    data = past.interactions
    had: dict[str, set[str]] = {}
    taken = iter(zip(past.at.tolist(), data.member.tolist(), data.item.tolist(), strict=True))
    row = next(taken, None)
    found = []
    for one in asked:
        while row is not None and row[0] < one.place:
            had.setdefault(data.member_ids[row[1]], set()).add(data.item_ids[row[2]])
            row = next(taken, None)
        event, index = events[one.place], number[one.member_id]
        local = datetime.fromtimestamp(event.occurred_ms / 1000, UTC).astimezone(
            zone(world.members[index].member.time_zone)
        )
        own = had.get(one.member_id, ())
        device, at_ms = event.device or "tv", event.occurred_ms
        titles = wishes(world, index, own, device, local.hour, at_ms, AHEAD, _WORLD_SEED)
        if titles:
            found.append(replace(one, item_ids=tuple(titles), opinion=0))
    return found


def train_home(
    folder: Path, reading: Reading, split: Split | None, seconds: int, note: str = ""
) -> None:
    """Fill a home with what lies before a split, or with everything, and let it learn, unless that
    was done already; ``note`` is noted as the world that it holds.

    It is what an installation would have known and served at that moment.
    """
    marker = folder / "complete"
    if marker.exists():
        return
    from pasand.bootstrap import open_home, visit_home
    from pasand.cli.learn import learn
    from pasand.flows.importing import import_parsed

    shutil.rmtree(folder, ignore_errors=True)
    open_home(folder, create=True).close()
    settings = f'clock = "data"\n\n[learn]\nsequence_seconds = {seconds}\n'
    (folder / "pasand.toml").write_text(settings, "utf-8")
    say("Importing what trains, then learning ...")
    visit = visit_home(folder)
    try:
        training = reading.data.interactions if split is None else split.training
        now_ms, show = int(training.at_ms.max()), bar("Events that train")
        import_parsed(reading.records(), "records", visit.owner, now_ms)
        before = reading.past.before(len(training)) if split else reading.past.events()
        import_parsed(before, "events", visit.owner, now_ms, lambda done: show(done, 0))
        if note:
            visit.stores.ledger.put_note("world", note)
    finally:
        visit.close()
    learn(folder, full=True, json=False)
    marker.touch()


@dataclass(frozen=True, slots=True)
class Opened:
    """What a trained home serves with: its models, and plans, which single lines may differ in."""

    models: Models
    service: Service
    plan_of: Callable[[Mapping[str, Any]], Plan]


def open_trained(folder: Path) -> Opened:
    """Return what a home has learned; nothing is written to it."""
    from pasand.bootstrap import build_plan, read_home, read_plan
    from pasand.domain.catalog import Catalog
    from pasand.flows.choosing import weights_in
    from pasand.flows.page_moments import Service
    from pasand.settings import load_settings
    from pasand.stages.models import Models, Vocabulary

    settings = load_settings(folder / "pasand.toml")
    stores, _ = read_home(folder, settings)
    snapshot = stores.ledger.live_snapshot()
    arrays, _ = stores.models.load(snapshot)
    models = Models(snapshot, arrays, Vocabulary(arrays["item_ids"]))
    service = Service(
        Catalog(stores.catalog.items(), stores.catalog.item_version()),
        stores.catalog.member,
        weights_in(settings),
        settings.serve,
    )

    def plan_of(change: Mapping[str, Any]) -> Plan:
        return build_plan({**read_plan("homepage"), **change}, models, settings.stages)

    return Opened(models, service, plan_of)
