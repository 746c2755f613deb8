"""Goal: what was watched comes to the labels the rules name, whatever its events are called."""

from __future__ import annotations

from itertools import permutations

import pytest

from pasand.domain.events import Event
from pasand.domain.viewings import VIEWING_LABELS, Viewings
from pasand.testing import samples

DAY_MS = 86_400_000
FILM_S = 6_000
#: Long after everything in these histories.
LATER_MS = 1_000 * DAY_MS

Step = tuple[str, float, float]


def watched(day: float, kind: str, position_s: float, duration_s: float = FILM_S) -> Event:
    payload = {"position_s": position_s, "duration_s": duration_s}
    return samples.event(
        f"{day}.{kind}.{position_s}", kind, occurred_ms=int(day * DAY_MS), payload=payload
    )


def labels_of(events: list[Event], now_ms: int = LATER_MS) -> list[str]:
    """Return the labels of one member's viewings of one item, in alphabetical order."""
    viewings: Viewings[str, None] = Viewings(10)
    found = [label for event in events for _, label in viewings.take("key", event, None)]
    return sorted([*found, *(label for _, label in viewings.end(now_ms))])


@pytest.mark.parametrize(
    ("steps", "labels"),
    [
        # Stopped in the first fifth, for good, though nobody said so.
        ([(1, "play_start", 0), (1.01, "play_stop", 1_199)], ["abandoned"]),
        ([(1, "play_start", 0)], ["abandoned"]),
        # Left in the middle: neither.
        ([(1, "play_start", 0), (1.01, "play_stop", 1_200)], []),
        ([(1, "play_start", 0), (1.01, "play_stop", 2_999)], []),
        ([(1, "play_start", 0), (1.01, "progress", 3_000)], ["quality_play"]),
        # Finished by position, though nobody said so; the third day still is fast.
        ([(1, "play_start", 0), (4, "play_stop", 5_400)],
         ["fast_finish", "finished", "quality_play"]),
        ([(1, "play_start", 0), (4.1, "play_stop", 5_400)], ["finished", "quality_play"]),
        # Nobody saw it begin.
        ([(1, "play_start", 3_000), (1.1, "play_stop", 5_400)], ["finished", "quality_play"]),
        ([(1, "play_start", 2_000), (1.1, "play_stop", 4_000)], []),
        ([(1, "play_stop", 4_000)], ["quality_play"]),
        # Said outright.
        ([(1, "complete", 0)], ["finished", "quality_play"]),
        ([(1, "abandon", 2_000)], ["abandoned"]),
        ([(1, "play_start", 0), (1.1, "abandon", 5_500)],
         ["fast_finish", "finished", "quality_play"]),
        # Resumed within two weeks, or begun anew after them.
        ([(1, "play_start", 0), (1, "play_stop", 600), (14, "play_start", 600),
          (14.1, "play_stop", 3_000)], ["quality_play"]),
        ([(1, "play_start", 0), (1, "play_stop", 600), (16, "play_start", 600),
          (16.1, "play_stop", 3_000)], ["abandoned"]),
        # Given up outright and resumed: once each.
        ([(1, "abandon", 600), (2, "abandon", 700), (3, "play_stop", 3_000)],
         ["abandoned", "quality_play"]),
        # The credits are no other viewing; from the beginning again is one, and so is a rewatch.
        ([(1, "complete", 5_900), (1.1, "play_start", 5_900), (1.1, "complete", 6_000)],
         ["finished", "quality_play"]),
        ([(1, "complete", 6_000), (9, "play_start", 0), (9.1, "complete", 6_000)],
         ["fast_finish", *2 * ["finished"], *2 * ["quality_play"]]),
        ([(1, "complete", 6_000), (9, "rewatch", 0), (9.1, "play_stop", 60)],
         ["abandoned", "finished", "quality_play"]),
    ],
)  # fmt: skip
def test_known_histories_have_known_labels(steps: list[Step], labels: list[str]) -> None:
    assert labels_of([watched(day, kind, at) for day, kind, at in steps]) == labels


def test_of_an_unknown_length_six_minutes_are_enough_and_nothing_is_given_up() -> None:
    assert labels_of([watched(1, "play_start", 0, 0), watched(1, "play_stop", 359, 0)]) == []
    long = [watched(1, "play_start", 0, 0), watched(1, "play_stop", 360, 0)]
    assert labels_of(long) == ["quality_play"]


def test_two_weeks_are_counted_to_the_newest_time() -> None:
    left = [watched(1, "play_start", 0), watched(1, "play_stop", 60)]
    assert labels_of(left, 15 * DAY_MS - 1) == []
    assert labels_of(left, 15 * DAY_MS) == ["abandoned"]


def test_late_events_of_a_viewing_change_nothing_of_its_quality() -> None:
    events = [watched(1, "play_start", 0), watched(1.1, "progress", 3_100)]
    events += [watched(1.2, "play_stop", 5_500)]
    for order in permutations(events):
        assert set(labels_of(list(order))) >= {"finished", "quality_play"}
        assert len(labels_of(list(order))) == len(set(labels_of(list(order))))


def test_the_viewing_touched_longest_ago_makes_room_and_is_judged() -> None:
    viewings: Viewings[str, str] = Viewings(2)
    assert not list(viewings.take("a", watched(1, "play_start", 0), "first"))
    assert not list(viewings.take("b", watched(2, "play_start", 0), "second"))
    assert not list(viewings.take("a", watched(3, "progress", 60), "not the first"))
    assert list(viewings.take("c", watched(30, "play_start", 0), "third")) == [
        ("second", "abandoned")
    ]
    assert list(viewings.end(31 * DAY_MS)) == [("first", "abandoned")]
    assert not list(viewings.end(LATER_MS))
    assert "abandoned" in VIEWING_LABELS
