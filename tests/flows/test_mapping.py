"""The map of success: joins of impressions and plays, expectations by place, verdicts."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from pasand.domain.events import Event
from pasand.flows.mapping import MapRow, SuccessMap, success_map, verdict_of

GENRES = {"a": ("Drama", "Crime"), "b": ("Drama",), "c": ()}
MINUTE = 60_000
_ids = iter(range(10**9))


def event(kind: str, at_ms: int = 0, member: str = "m", item: str = "", **more: object) -> Event:
    return Event(
        event_id=str(more.pop("event_id", f"e{next(_ids)}")),
        kind=kind,
        occurred_ms=at_ms,
        member_id=member,
        item_id=item,
        **more,  # type: ignore[arg-type]
    )


def page(page_id: str, *kinds: str) -> Event:
    rows = [{"row_id": kind, "kind": kind, "items": []} for kind in kinds]
    return event("page_served", event_id=page_id, page_id=page_id, payload={"rows": rows})


def seen(item: str, page_id: str, row: int, column: int, member: str = "m", at: int = 0) -> Event:
    return event(
        "impression", at, member, item, page_id=page_id, row=row, column=column, device="tv"
    )


def mapped(events: Iterable[Event], **more: object) -> SuccessMap:
    return success_map(
        events,
        lambda item_id: GENRES.get(item_id, ()),
        str.upper,
        **more,  # type: ignore[arg-type]
    )


def row(rows: tuple[MapRow, ...], name: str, kind: str = "") -> MapRow:
    (found,) = [r for r in rows if r.name == name and kind in (r.row_kind, "")]
    return found


def test_a_play_of_a_cell_counts_for_the_row_it_stood_in() -> None:
    found = mapped(
        [
            page("p1", "trending", "genre"),
            seen("a", "p1", 0, 0),
            seen("b", "p1", 1, 0),
            event("play_start", 5, item="b", page_id="p1", row=1, column=0),
        ]
    )
    assert row(found.rows, "genre").plays == 1
    assert row(found.rows, "trending").plays == 0
    assert row(found.titles, "B").take == 1.0
    assert (found.impression_count, found.play_count) == (2, 1)


def test_a_play_without_a_cell_counts_within_the_visit_only() -> None:
    for hours, plays in ((5, 1), (7, 0)):
        late = event("play_start", hours * 60 * MINUTE, item="a")
        found = mapped([page("p1", "top"), seen("a", "p1", 0, 0), late])
        assert row(found.titles, "A").plays == plays
        assert row(found.titles, "A").play_starts == 1


def test_another_members_play_counts_for_nobody() -> None:
    other = event("play_start", 1, "someone", "a")
    assert mapped([page("p1", "top"), seen("a", "p1", 0, 0), other]).play_count == 0


def test_a_cell_counts_once_however_often_it_scrolls_by() -> None:
    found = mapped([page("p1", "top"), *(seen("a", "p1", 0, 0, at=at) for at in range(4))])
    assert row(found.titles, "A").impressions == 1


def test_a_play_may_arrive_before_the_impression_of_its_cell() -> None:
    play = event("play_start", 9, item="a", page_id="p1", row=0, column=0)
    found = mapped([page("p1", "top"), play, seen("a", "p1", 0, 0)])
    assert row(found.titles, "A").plays == 1


def test_an_episode_counts_for_its_series() -> None:
    play = event("play_start", 1, item="a.s1e1")
    found = mapped(
        [page("p1", "top"), seen("a", "p1", 0, 0), play],
        series_of=lambda item_id: item_id.partition(".")[0],
    )
    assert row(found.titles, "A").plays == 1


def test_expected_is_what_the_places_of_a_title_usually_yield() -> None:
    """In the first column 3 of 4 impressions are taken, in the last 0 of 4."""
    events = []
    for number in range(4):
        page_id = f"p{number}"
        events += [page(page_id, "top")]
        events += [seen("a", page_id, 0, 0, f"m{number}"), seen("b", page_id, 0, 30, f"m{number}")]
        if number < 3:
            events.append(
                event("play_start", 1, f"m{number}", "a", page_id=page_id, row=0, column=0)
            )
    found = mapped(events)
    a, b = row(found.titles, "A"), row(found.titles, "B")
    assert (a.expected, a.happened, a.z) == (3.0, 3, 0.0)
    assert (b.expected, b.happened, b.z) == (0.0, 0, 0.0)
    assert a.members == 4


def test_sums_agree_and_a_better_title_in_the_same_places_stands_out() -> None:
    events = []
    for number in range(200):
        page_id, member = f"p{number}", f"m{number}"
        item = ("a", "b")[number % 2]
        events += [page(page_id, "top"), seen(item, page_id, 0, 0, member)]
        if (item == "a" and number % 4 == 0) or number % 20 == 1:
            events.append(event("play_start", 1, member, item, page_id=page_id, row=0, column=0))
    found = mapped(events)
    a, b = row(found.titles, "A"), row(found.titles, "B")
    assert a.expected + b.expected == pytest.approx(a.happened + b.happened)
    assert a.z is not None and b.z is not None and a.lift is not None and b.lift is not None
    assert a.z > 2 > -2 > b.z
    assert b.lift < 1 < a.lift < a.happened / a.expected
    assert a.verdict == "hit" and b.verdict == "miss"


def test_genres_share_a_title_and_cells_name_title_and_row() -> None:
    found = mapped([page("p1", "top", "new"), seen("a", "p1", 0, 0), seen("b", "p1", 1, 0)])
    assert row(found.genres, "Drama").impressions == 2
    assert row(found.genres, "Crime").impressions == 1
    assert {(r.name, r.row_kind) for r in found.cells} == {("A", "top"), ("B", "new")}
    assert found.row_count == 2 + 2 + 2 + 2


def test_opinions_count_for_the_row_where_the_member_saw_the_title() -> None:
    found = mapped(
        [
            page("p1", "top"),
            seen("a", "p1", 0, 0),
            event("thumb", 1, item="a", payload={"value": 2}),
            event("rating", 1, item="a", payload={"value": 4.0}),
            event("rating", 1, item="a", payload={"value": 3.0}),
            event("thumb", 1, item="a", payload={"value": 0}),
            event("not_interested", 1, item="a"),
            event("abandon", 1, item="a"),
            event("rating", 1, "someone", "a", payload={"value": 1.0}),
        ]
    )
    title, top = row(found.titles, "A"), row(found.rows, "top")
    assert (title.likes, title.dislikes, title.abandons) == (2, 2, 1)
    assert (top.likes, top.dislikes, top.abandons) == (2, 1, 1)


def test_ratings_alone_list_titles_without_takes() -> None:
    rated = [event("rating", n, f"m{n}", "a", payload={"value": 5.0}) for n in range(3)]
    found = mapped([*rated, event("rating", 1, item="b", payload={"value": 3.0})])
    assert row(found.titles, "B").likes == 0
    assert row(found.titles, "A").likes == 3
    assert row(found.titles, "A").take is None
    assert row(found.titles, "A").verdict == "quiet"
    assert found.rows == ()
    assert mapped([]).row_count == 0


def test_older_events_are_left_out_but_their_pages_are_known() -> None:
    late = seen("b", "p1", 0, 1, at=100)
    found = mapped([page("p1", "top"), seen("a", "p1", 0, 0, at=1), late], since_ms=50)
    assert found.impression_count == 1
    assert row(found.rows, "top").impressions == 1


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        ({"lift": 1.3, "z": 2.0, "often": True}, "hit"),
        ({"lift": 1.3, "z": 2.0, "often": False}, "gem"),
        ({"lift": 1.3, "z": 2.0, "left": 1.5}, "over-promised"),
        ({"lift": 0.5, "z": -3.0, "liked": 1.2}, "mis-placed"),
        ({"lift": 0.5, "z": -3.0, "liked": 0.8}, "miss"),
        ({"lift": 1.3, "z": 0.4}, "quiet"),
    ],
)
def test_verdicts(facts: dict[str, float], word: str) -> None:
    usual = {"often": True, "liked": 1.0, "left": 1.0}
    assert verdict_of(**{**usual, **facts}) == word  # type: ignore[arg-type]
