"""Goal: the map counts what labels say of watching and of passing over, not names of events."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from pasand.domain.events import Event
from pasand.flows import map_reading
from pasand.flows.mapping import MAP_KINDS, MapRow, SuccessMap, success_map
from pasand.testing import samples

DAY_MS = samples.DAY_MS
FILM_S = 6_000
NOTHING = {"quality_plays": 0, "finishes": 0, "fast_finishes": 0, "abandons": 0, "skips": 0}


def seen(item: str, page_id: str, row: int = 0, day: float = 0, member: str = "m") -> Event:
    return samples.event(
        f"{page_id}.{row}.{item}", "impression", item_id=item, member_id=member,
        page_id=page_id, row=row, column=0, occurred_ms=int(day * DAY_MS),
    )  # fmt: skip


def page(page_id: str, *kinds: str) -> Event:
    rows = [{"row_id": kind, "kind": kind, "items": []} for kind in kinds]
    return samples.event(page_id, "page_served", item_id="", payload={"rows": rows}, occurred_ms=0)


def watched(item: str, day: float, kind: str, position_s: float, member: str = "m") -> Event:
    payload = {"position_s": position_s, "duration_s": FILM_S}
    name = f"{member}.{item}.{day}.{kind}"
    return samples.event(
        name, kind, item_id=item, member_id=member, occurred_ms=int(day * DAY_MS), payload=payload
    )


def mapped(events: Iterable[Event]) -> SuccessMap:
    return success_map(
        events, lambda item_id: (), str.upper, lambda item_id: item_id.partition(".")[0]
    )


def labels(found: tuple[MapRow, ...], name: str) -> dict[str, int]:
    (line,) = [line for line in found if line.name == name]
    return {field: getattr(line, field) for field in NOTHING}


def test_each_column_counts_its_label() -> None:
    found = mapped(
        [
            page("p", "top", "new"),
            seen("good", "p", 0),
            seen("left", "p", 1),
            watched("good", 1, "play_start", 0),
            watched("good", 1.1, "play_stop", 5_400),
            watched("left", 1, "play_start", 0),
            watched("left", 1.1, "play_stop", 100),
            watched("half", 1, "play_start", 0),
            watched("half", 1.1, "play_stop", 2_000),
            watched("late", 20, "play_start", 0),
        ]
    )
    good = {**NOTHING, "quality_plays": 1, "finishes": 1, "fast_finishes": 1}
    assert labels(found.titles, "GOOD") == labels(found.rows, "top") == good
    assert labels(found.titles, "LEFT") == labels(found.rows, "new") == {**NOTHING, "abandons": 1}
    assert labels(found.titles, "HALF") == labels(found.titles, "LATE") == NOTHING


def test_what_is_said_outright_counts_too_and_once() -> None:
    said = [watched("a", 1, "complete", 0), watched("b", 1, "abandon", 0)]
    twice = [watched("a", 1.1, "complete", 6_000), watched("b", 1.1, "abandon", 60)]
    for events in (said, [*said, *twice]):
        found = mapped(events)
        assert labels(found.titles, "A") == {**NOTHING, "quality_plays": 1, "finishes": 1}
        assert labels(found.titles, "B") == {**NOTHING, "abandons": 1}
    ended = [watched("a", 1, "play_start", 2_000), watched("a", 1.1, "abandon", 5_700)]
    assert labels(mapped(ended).titles, "A")["abandons"] == 0, "those were the credits"


def test_every_episode_is_a_viewing_of_its_series() -> None:
    found = mapped([watched(f"s.{n}", n, "complete", FILM_S) for n in range(1, 4)])
    assert labels(found.titles, "S") == {**NOTHING, "quality_plays": 3, "finishes": 3}


def test_members_do_not_watch_for_each_other_and_nobody_is_not_one_person() -> None:
    for members in (("m1", "m2"), ("", "")):
        start = watched("a", 1, "play_start", 0, members[0])
        stop = watched("a", 1.5, "complete", FILM_S, members[1])
        found = labels(mapped([start, stop]).titles, "A")
        assert (found["finishes"], found["fast_finishes"]) == (1, 0)


def test_a_title_is_passed_over_once_it_was_seen_thrice_without_an_action() -> None:
    views = [seen("a", f"p{n}", day=n) for n in range(9)]
    pages = [page(f"p{n}", "top" if n < 2 else "new") for n in range(9)]
    assert labels(mapped([*pages, *views[:2]]).titles, "A")["skips"] == 0
    found = mapped([*pages, *views])
    assert labels(found.titles, "A")["skips"] == 1, "passed over is passed over"
    assert labels(found.rows, "new")["skips"] == 1 and labels(found.rows, "top")["skips"] == 0
    acted = samples.event("listed", "list_add", item_id="a", member_id="m", occurred_ms=2)
    progress = watched("a", 2, "progress", 60)
    for events, skips in (
        ([*views[:2], acted, *views[2:4]], 0),
        ([*views[:2], acted, *views[2:5]], 1),
        ([*views[:3], acted, *views[3:6]], 2),
        ([*views[:2], progress, views[2]], 1),  # goes on by itself, as in profiles
    ):
        assert labels(mapped([*pages, *events]).titles, "A")["skips"] == skips
    assert "list_add" in MAP_KINDS and "progress" in MAP_KINDS


def test_an_action_alone_puts_no_title_on_the_map() -> None:
    assert mapped([samples.event("v", "view", item_id="a")]).titles == ()


def test_left_titles_are_over_promised_by_what_was_watched() -> None:
    """Nobody sends ``complete`` or ``abandon``: one title is left by all, one seen to its end."""
    events: list[Event] = []
    for number in range(60):
        member, item = f"m{number}", ("bad", "good")[number % 2]
        events += [page(f"p{number}", "top"), seen(item, f"p{number}", member=member)]
        events += [
            watched(item, 1, "play_start", 0, member),
            watched(item, 1.1, "play_stop", 300 if item == "bad" else 5_800, member),
        ]
    events.append(watched("other", 30, "play_start", 0))
    verdicts = {line.name: line.verdict for line in mapped(events).titles}
    assert (verdicts["BAD"], verdicts["GOOD"]) == ("over-promised", "quiet")


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_reading, "_VIEWING_COUNT_MAX", 3)
    starts = [watched(f"i{n}", 20 * n, "play_start", 0) for n in range(10)]
    reader = map_reading._Reader(str)
    for event in starts:
        reader.take(event)
        assert len(reader._viewings._open) <= 3
    reader.end()
    left = map_reading.ACTS.index("abandoned")
    assert list(reader.found.act).count(left) == 9, "all but the newest, and none lost"
