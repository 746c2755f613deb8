"""Pages as lessons: what members saw on them, cell by cell, and what they played.

A page's query is asked again as of its first impression, over models that know only what lies
before the stretch. An impression was joined with its page when it came in, so it says itself what
stood in the cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from pasand.domain.events import Event
from pasand.domain.ids import stable_seed
from pasand.domain.labels import counts_for_learning
from pasand.flows.moments import Moment
from pasand.flows.ranker_replay import Replay, became, described
from pasand.learning.ranker_impressions import PLACE_FEATURES, Seen, place_features
from pasand.learning.ranker_lessons import OUTCOMES, Lesson, Lessons
from pasand.stages.models import Models
from pasand.stages.scoring.ranker_features import item_features, request_features

__all__ = ["seen_on_pages"]


@dataclass(slots=True)
class _Page:
    """What is known of one page: who saw which cells of it from when on, and what they played."""

    member_id: str
    device: str
    country: str
    surface: str
    at_ms: int
    cells: dict[str, tuple[int, int]] = field(default_factory=dict)
    played: set[str] = field(default_factory=set)


def seen_on_pages(replay: Replay, models: Models, count: int) -> Seen:
    """Return ``count`` pages of the stretch at most, drawn with the seed."""
    pages = sorted(_pages(replay, count).values(), key=lambda page: page.at_ms)
    pages = [page for page in pages if page.cells]
    lessons, places = [], []
    for lesson, place in _taught(replay, models, pages):
        lessons.append(lesson)
        places.append(place)
    table = np.zeros((len(places), max(map(len, places), default=1), len(PLACE_FEATURES)), "f4")
    for number, place in enumerate(places):
        table[number, : len(place)] = place
    return Seen(Lessons.of(lessons), table)


def _pages(replay: Replay, count: int) -> dict[str, _Page]:
    """Return what was seen and played by page, of those with the least hash."""
    pages: dict[str, _Page] = {}
    limit, stretch = 2**64, replay.stretch
    for stored in replay.past.log.read(kinds=["impression", "play_start"]):
        event = stored.event
        inside = stretch.after_ms < event.occurred_ms <= stretch.until_ms
        if not inside or event.row is None or not event.page_id or event.member_id in replay.but:
            continue
        if not counts_for_learning(event) or _draw(replay, event.page_id) >= limit:
            continue
        _note(pages, event)
        if len(pages) > 2 * count:
            kept = sorted(pages, key=lambda name: _draw(replay, name))[:count]
            limit = _draw(replay, kept[-1])
            pages = {name: pages[name] for name in kept}
    kept = sorted(pages, key=lambda name: _draw(replay, name))[:count]
    return {name: pages[name] for name in kept}


def _draw(replay: Replay, page_id: str) -> int:
    return stable_seed(replay.seed, page_id)


def _note(pages: dict[str, _Page], event: Event) -> None:
    page = pages.get(event.page_id)
    if page is None:
        page = pages[event.page_id] = _Page(
            event.member_id, event.device, event.country, event.surface, event.occurred_ms
        )
    page.at_ms = min(page.at_ms, event.occurred_ms)
    # What is played was seen, whether somebody said so or not.
    page.cells.setdefault(event.item_id, (event.row or 0, event.column or 0))
    if event.kind == "play_start":
        page.played.add(event.item_id)


def _taught(
    replay: Replay, models: Models, pages: Sequence[_Page]
) -> Iterator[tuple[Lesson, np.ndarray]]:
    plan = replay.plan_of(models)
    moments = [
        Moment(page.member_id, page.at_ms, page.device or "desktop", page.country) for page in pages
    ]
    asked = replay.past.with_events(moments)
    for page, (query, events, _) in zip(pages, asked, strict=True):
        candidates = described(query, plan)
        names = list(page.cells)
        place = query.catalog.positions(names)
        at = np.minimum(np.searchsorted(candidates.position, place), max(len(candidates) - 1, 0))
        there = [
            number for number in range(len(names))
            if len(candidates) and candidates.position[at[number]] == place[number]
        ]  # fmt: skip
        if not there:
            continue
        played = [names[number] in page.played for number in there]
        outcome = np.full((len(there), len(OUTCOMES)), np.nan, np.float32)
        for row, (number, is_played) in enumerate(zip(there, played, strict=True)):
            if is_played:
                outcome[row] = became(events, names[number], query.at_ms)
        lesson = Lesson(
            item_features(candidates)[at[there]],
            request_features(query),
            np.zeros(len(there), np.float32),
            np.array(played, np.float32),
            outcome,
        )
        places = [place_features(page.device, *page.cells[names[number]]) for number in there]
        yield lesson, np.stack(places)
