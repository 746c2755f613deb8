"""Measure in the built-in world what personal pictures earn beside the best single one a title.

``.venv/bin/python bench/pictures/world.py --out FILE``. Members visit pages whose pictures the real
artist chooses; what they see and play is folded into real profiles and counters. At each checkpoint
everything stands still, and what every policy would earn is computed from the world's own truth
on the same visits. Last, a log with uniformly drawn pictures is used to predict it (off-policy).
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, field, replace
from math import erf, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from pasand.cli.options import figure, write_figures
from pasand.domain.catalog import Catalog
from pasand.domain.counters import Counters
from pasand.domain.events import Event
from pasand.domain.fold import Folder
from pasand.domain.ids import stable_seed
from pasand.domain.labels import RULES
from pasand.domain.page import Page, Row
from pasand.domain.picture_looks import looks_text
from pasand.domain.profile import Profile
from pasand.domain.query import Query
from pasand.evaluation.off_policy.estimating import estimate
from pasand.evaluation.off_policy.logged import LoggedChoices
from pasand.evaluation.off_policy.reward_model import guess_rewards
from pasand.stages.artists.personal import Config, PersonalArtist
from pasand.stages.models import Models
from pasand.world.behaviour import (
    LEAVE_LOGIT,
    PICTURE_WEIGHT,
    Cells,
    Memory,
    attention_table,
    play_logit,
    visit,
)
from pasand.world.history import LOG_SHAPES
from pasand.world.members import WorldMember
from pasand.world.truth import World, make_world
from pasand.world.visit_events import VisitPlace, events_of_visit

NOW_MS = 1_794_592_800_000
DEVICE, HOUR = "desktop", 20
SITTING_MINUTES = 75.0
GAP_MS = 8 * 3_600_000
POLICIES = ("uniform", "best single", "personal", "oracle")


@dataclass
class Life:
    """A member of the world with what the engine knows of them."""

    member: WorldMember
    memory: Memory
    folder: Folder
    allowed: np.ndarray
    visits: int = 0


@dataclass
class Run:
    """The world, the engine's catalogue and counts, and everybody's lives."""

    world: World
    catalog: Catalog
    lives: list[Life]
    artist: PersonalArtist
    rng: np.random.Generator
    counters: Counters = field(default_factory=Counters)
    popularity: np.ndarray = field(default_factory=lambda: np.zeros(0))
    best: np.ndarray = field(default_factory=lambda: np.zeros(0))
    number: int = 0


def main() -> int:
    """Measure, print and write; return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, help="not read: the world is built in")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--members", type=int, default=100)
    parser.add_argument("--checkpoints", default="25,50,100,200,400")
    parser.add_argument("--evaluations", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--titles", type=int, default=1_500)
    for name in ("boldness", "gain", "floor"):
        parser.add_argument(f"--{name}", type=float, default=getattr(Config(), name))
    options = parser.parse_args()
    config = Config(boldness=options.boldness, gain=options.gain, floor=options.floor)
    run = begin(options.seed, options.members, options.titles, config)
    figures, started = [], time.monotonic()
    for visits in map(int, options.checkpoints.split(",")):
        live(run, visits)
        earned = weigh(run, options.evaluations)
        figures += shares(earned, run, visits, options)
        print(f"  {time.monotonic() - started:.0f} s", flush=True)
    figures += predicted(run, options.evaluations * 4, options)
    write_figures(options.out, "bench pictures world", figures, {"world": "built in"}, options.seed)
    return 0


def begin(seed: int, member_count: int, title_count: int, config: Config) -> Run:
    """Return a world in which nobody has visited yet."""
    world = make_world(seed, NOW_MS, title_count, member_count)
    catalog = Catalog([title.item for title in world.titles])
    rng = np.random.default_rng(stable_seed("picture world", seed))
    lives = []
    for member in world.members:
        ceiling, country = member.member.maturity_ceiling, member.member.country
        allowed = np.flatnonzero(world.truth.may_see(ceiling, country, NOW_MS, NOW_MS))
        folder = Folder(Profile(member_id=member.member.member_id), catalog.facts)
        lives.append(Life(member, Memory.blank(len(world.titles)), folder, allowed))
    rank = rng.permutation(len(world.titles))
    run = Run(world, catalog, lives, PersonalArtist(config, Models()), rng)
    run.popularity = (1.0 + rank) ** -0.6
    run.best = best_single(world)
    return run


def best_single(world: World) -> np.ndarray:
    """Return for each title its picture that all members together would play most."""
    truth, found = world.truth, []
    taste = np.stack([member.picture_taste for member in world.members])
    wish = np.exp(truth.affinity)
    for title in range(len(truth.item_ids)):
        own = slice(truth.artwork_start[title], truth.artwork_start[title + 1])
        lift = np.exp(PICTURE_WEIGHT * truth.picture[own] @ taste.T)
        found.append(own.start + int((lift @ wish[:, title]).argmax()))
    return np.array(found)


def live(run: Run, until: int) -> None:
    """Let every member come to ``until`` visits, in turns."""
    while run.lives[0].visits < until:
        view = run.counters.view()
        told: list[Event] = []
        for life in run.lives:
            told += one_visit(run, life, view)
            life.visits += 1
        run.counters.add(told)


def one_visit(run: Run, life: Life, view: Any) -> list[Event]:
    """Let a member visit a page with the artist's pictures; return what happened."""
    run.number += 1
    at_ms = NOW_MS + life.visits * GAP_MS
    page = run.artist(query_of(run, life, view, at_ms), page_of(run, life))
    cells = cells_of(run, page)
    outcome = visit(
        run.world.truth, life.member, life.memory, cells, DEVICE, HOUR,
        np.zeros(len(run.catalog), bool), run.rng,
    )  # fmt: skip
    place = VisitPlace(prefix=f"v{run.number:07d}", page_id=f"pg{run.number}", device=DEVICE,
                       at_ms=at_ms)  # fmt: skip
    looks = np.concatenate([row.looks for row in page.rows if row.looks is not None])
    columns = len(page.rows[0])
    events = []
    for event in events_of_visit(run.world, life.member, place, cells, outcome):
        if event.row is not None and event.column is not None:
            one = looks[event.row * columns + event.column]
            event = msgspec_replace(event, looks_text(one[None]))
        events.append(event)
    events.sort(key=lambda event: event.key)
    life.folder.add(events)
    return events


def msgspec_replace(event: Event, looks: str) -> Event:
    """Return an event of a cell as the server joins it."""
    from msgspec.structs import replace as changed

    return changed(event, extra={**event.extra, "looks": looks})


def query_of(run: Run, life: Life, view: Any, at_ms: int) -> Query:
    """Return the request behind a page."""
    member = life.member.member
    return Query(
        member_id=member.member_id, profile=life.folder.profile(), catalog=run.catalog,
        counters=view, at_ms=at_ms, maturity_ceiling=member.maturity_ceiling, seed=run.number,
    )  # fmt: skip


def page_of(run: Run, life: Life) -> Page:
    """Return a page of titles drawn by popularity, without pictures yet."""
    row_count, columns = LOG_SHAPES[DEVICE]
    weight = run.popularity[life.allowed]
    chosen = run.rng.choice(
        life.allowed, row_count * columns, replace=False, p=weight / weight.sum()
    ).astype(np.int32)
    rows = [
        Row(row_id=f"r{n}", kind="drawn", title="", position=part, score=np.ones(columns, "f4"))
        for n, part in enumerate(chosen.reshape(row_count, columns))
    ]
    return Page(rows=tuple(rows))


def cells_of(run: Run, page: Page, pictures: np.ndarray | None = None) -> Cells:
    """Return a page as the world's members see it; titles stand in the catalogue's order."""
    item = np.concatenate([row.position for row in page.rows]).astype(np.int64)
    columns = len(page.rows[0])
    if pictures is None:
        shown = np.concatenate([row.artwork for row in page.rows if row.artwork is not None])
        pictures = run.world.truth.artwork_start[item] + shown
    place = np.arange(len(item))
    return Cells(place // columns, place % columns, item, pictures)


def weigh(run: Run, count: int) -> np.ndarray:
    """Return the quality plays an impression of each policy (rows) and member (columns), by the
    world's truth on the same visits.
    """
    truth, view = run.world.truth, run.counters.view()
    plays = np.zeros((len(POLICIES), len(run.lives)))
    seen_count = np.zeros(len(run.lives))
    for n, life in enumerate(run.lives):
        for _ in range(count):
            run.number += 1
            at_ms = NOW_MS + life.visits * GAP_MS
            bare = page_of(run, life)
            page = run.artist(query_of(run, life, view, at_ms), bare)
            cells = cells_of(run, page)
            seen = seen_cells(run, life, cells)
            start, stop = truth.artwork_start[cells.item], truth.artwork_start[cells.item + 1]
            uniform = start + (run.rng.random(len(start)) * (stop - start)).astype(np.int64)
            shown = (uniform, run.best[cells.item], cells.artwork, oracle(truth, life, cells.item))
            for at, pictures in enumerate(shown):
                chance = play_chances(truth, life, replace(cells, artwork=pictures), seen)
                plays[at, n] += (chance * quality(truth, life, cells.item[seen])).sum()
            seen_count[n] += len(seen)
    return plays / np.maximum(seen_count, 1)


def seen_cells(run: Run, life: Life, cells: Cells) -> np.ndarray:
    """Return which cells a member sees on one visit."""
    table = attention_table(DEVICE, 8, 64)
    chance = table[cells.row, cells.column] ** (1.0 / life.member.attention_span)
    return np.flatnonzero(run.rng.random(len(cells)) < chance)


def play_chances(truth: Any, life: Life, cells: Cells, seen: np.ndarray) -> np.ndarray:
    """Return the true chance of each seen cell to be played."""
    wish = np.exp(play_logit(truth, life.member, life.memory, cells, seen, DEVICE, HOUR))
    return np.asarray(wish / (wish.sum() + np.exp(LEAVE_LOGIT)))


def quality(truth: Any, life: Life, item: np.ndarray) -> np.ndarray:
    """Return the true chance that a play of each title becomes a quality play."""
    liking = truth.affinity[life.member.index, item]
    bored = 1.0 / (1.0 + np.exp(0.5 + 0.9 * liking))
    need_s = np.maximum(RULES.quality_s, RULES.quality_share * truth.duration_s[item])
    apart = np.log(need_s / (60.0 * SITTING_MINUTES)) / 0.5
    enough = np.array([0.5 * (1.0 - erf(one / sqrt(2.0))) for one in apart.tolist()])
    return np.asarray((1.0 - bored) * enough)


def oracle(truth: Any, life: Life, item: np.ndarray) -> np.ndarray:
    """Return the picture of each title that the member likes best."""
    liked = truth.picture @ life.member.picture_taste
    return np.array(
        [s + int(liked[s:e].argmax()) for s, e in
         zip(truth.artwork_start[item], truth.artwork_start[item + 1], strict=True)]
    )  # fmt: skip


def shares(earned: np.ndarray, run: Run, visits: int, options: Any) -> list:
    """Return the share of the oracle's gain that was reached, over members with its interval."""
    _, single, personal, best = earned
    rng = np.random.default_rng(0)
    draw = rng.integers(0, len(single), (2_000, len(single)))
    drawn = (personal - single)[draw].mean(axis=1) / (best - single)[draw].mean(axis=1)
    share = float((personal - single).mean() / (best - single).mean())
    low, high = np.quantile(drawn, (0.025, 0.975))
    means = dict(zip(POLICIES, earned.mean(axis=1).round(5).tolist(), strict=True))
    sums = run.counters.view().pictures
    looked = sums.seen.sum() / len(run.lives)
    print(f"{visits} visits, {looked:.0f} impressions a member: {share:.3f} "
          f"[{low:.3f}, {high:.3f}] {means}")  # fmt: skip
    at = {"visits": visits, "impressions_a_member": round(looked), "members": options.members,
          "titles": options.titles}
    row = figure("artwork_oracle_share", share, "share", "higher", None, **at)
    more = [
        figure("quality_plays_an_impression", value, "", "none", None, policy=name, **at)
        for name, value in means.items()
    ]
    return [row | {"low": float(low), "high": float(high)}, *more]


def predicted(run: Run, count: int, options: Any) -> list:
    """Return what a uniform log predicts of the personal policy, beside what is true of it."""
    truth, view = run.world.truth, run.counters.view()
    kept: dict[str, list] = {name: [] for name in ("action", "p", "reward", "member", "policy")}
    true_sum = true_count = 0.0
    width = int(run.catalog.artwork_count.max())
    for n, life in enumerate(run.lives):
        for _ in range(count):
            run.number += 1
            query = query_of(run, life, view, NOW_MS + life.visits * GAP_MS)
            page = page_of(run, life)
            chance = run.artist.weighed(query, page)[0]
            item = np.concatenate([row.position for row in page.rows])
            start = truth.artwork_start[item]
            options_count = truth.artwork_start[item + 1] - start
            action = (run.rng.random(len(item)) * options_count).astype(np.int64)
            cells = cells_of(run, page, start + action)
            seen = seen_cells(run, life, cells)
            played = play_chances(truth, life, cells, seen)
            good = played * quality(truth, life, item[seen])
            reward = np.zeros(len(seen))
            luck = run.rng.random()
            edge = np.cumsum(good)
            if len(seen) and luck < edge[-1]:
                reward[int(np.searchsorted(edge, luck, side="right"))] = 1.0
            kept["action"].append(action[seen])
            kept["p"].append(1.0 / options_count[seen])
            kept["reward"].append(reward)
            kept["member"].append(np.full(len(seen), n))
            kept["policy"].append(np.pad(chance[seen], ((0, 0), (0, width - chance.shape[1]))))
            shown = np.array([run.rng.choice(chance.shape[1], p=one) for one in chance])
            own = play_chances(truth, life, cells_of(run, page, start + shown), seen)
            true_sum += float((own * quality(truth, life, item[seen])).sum())
            true_count += len(seen)
    columns = {name: np.concatenate(parts) for name, parts in kept.items()}
    log = LoggedChoices(action=columns["action"], propensity=columns["p"],
                        reward=columns["reward"], cluster=columns["member"])  # fmt: skip
    guess = guess_rewards(log, columns["policy"][:, :, None])
    found = estimate(log, columns["policy"], guess)
    value = true_sum / true_count
    print(f"true {value:.5f}; logged {log.reward.mean():.5f}; {found.checks} {found.checks.warnings}")
    figures = [figure("ope_true_value", value, "quality plays an impression", "none")]
    for name, one in found.values.items():
        inside = one.low <= value <= one.high
        print(f"  {name:10} {one.value:.5f} [{one.low:.5f}, {one.high:.5f}] {inside}")
        row = figure("ope_predicted_value", one.value, "quality plays an impression", "none",
                     None, estimator=name, holds_truth=inside)  # fmt: skip
        figures.append(row | {"low": one.low, "high": one.high})
    return figures


if __name__ == "__main__":
    raise SystemExit(main())
