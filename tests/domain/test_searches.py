"""Goal: a profile holds what was searched for: settled texts, each once, newest last."""

from __future__ import annotations

from pasand.domain.fold import fold
from pasand.domain.profile import Profile
from pasand.testing import samples

START_S = samples.NOW_MS // 1000


def searches(*said: tuple[int, str], **payload: object) -> list[str]:
    events = [
        samples.event(
            f"e{number}",
            "search_query",
            item_id="",
            occurred_ms=samples.NOW_MS + 1000 * at_s,
            payload={"text": text, **payload},
        )
        for number, (at_s, text) in enumerate(said)
    ]
    return [text for text, _ in fold(Profile(member_id="m1"), events, lambda _: None).searches]


def test_texts_are_kept_as_they_are_compared() -> None:
    assert searches((0, "  Al   PACINO ")) == ["al pacino"]
    assert searches((0, " "), (1, "")) == []


def test_letters_on_the_way_are_no_searches() -> None:
    assert searches((0, "he"), (1, "hea"), prefix=True) == []
    assert searches((0, "heat"), prefix=False) == ["heat"]


def test_typing_on_within_a_minute_is_one_search() -> None:
    assert searches((0, "heat"), (9, "heat wave")) == ["heat wave"]
    assert searches((0, "heat wave"), (9, "heat")) == ["heat"]
    assert searches((0, "heat"), (90, "heat wave")) == ["heat", "heat wave"]
    assert searches((0, "heat"), (9, "cold")) == ["heat", "cold"]


def test_the_same_search_again_is_the_newest() -> None:
    assert searches((0, "heat"), (100, "cold"), (5000, "HEAT")) == ["cold", "heat"]


def test_the_newest_ten_stay() -> None:
    said = searches(*((100 * n, f"word{n:02}") for n in range(25)))
    assert said == [f"word{n:02}" for n in range(15, 25)]


def test_a_visit_counts_settled_searches() -> None:
    def visited(**payload: object) -> int:
        said = {"text": "heat", **payload}
        event = samples.event("e1", "search_query", item_id="", payload=said)
        return fold(Profile(member_id="m1"), [event], lambda _: None).visit.searches

    assert visited() == 1 and visited(prefix=True) == 0


def test_a_search_is_taken_back_whole() -> None:
    events = [
        samples.event("e1", "search_query", item_id="", payload={"text": "al pacino"}),
        samples.event("e2", "search_query", item_id="", payload={"text": "heat"}),
        samples.event("e3", "taste_set", item_id="", payload={"reset": ["search:Al Pacino"]}),
    ]
    folded = fold(Profile(member_id="m1"), events, lambda _: None)
    assert folded.searches == (("heat", START_S),)
    assert Profile.decode(folded.encode()) == folded
