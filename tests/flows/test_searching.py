"""Goal: a search finds what the member may see, the best first, whatever is typed; and what was
searched for shapes the next pages, for days, until the member takes it back.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pasand.adapters.clocks import HandClock
from pasand.adapters.memory import MemoryLedger, MemoryModelStore, MemoryStore
from pasand.bootstrap import go_live
from pasand.domain.catalog import Item
from pasand.domain.counters import Counters
from pasand.domain.events import Event
from pasand.domain.member import Member
from pasand.domain.page import REASONS
from pasand.errors import InvalidInput
from pasand.flows import searching
from pasand.flows.engine import Engine, PageRequest, Stores
from pasand.flows.searching import Results, find_items
from pasand.flows.served import Served
from pasand.settings import Settings
from pasand.testing import samples
from pasand.testing.search_contracts import ODD_TEXTS
from pasand.web.page_json import page_json
from pasand.web.search_json import results_json

DAY_MS = samples.DAY_MS
TITLES = [
    samples.item("heat", title="Heat", people=("Al Pacino",), genres=("Thriller",)),
    samples.item("wave", title="Heat Wave", genres=("Comedy",)),
    samples.item("dead", title="Dead Heat", genres=("Comedy",)),
    samples.item("adult", title="Heat Wave Nights", maturity=18),
    samples.item("gone", title="Heat Gone", available_until_ms=samples.NOW_MS - 1),
    samples.item("far", title="Heat Afar", regions=("FR",)),
    samples.item("part", title="Heat, part one", type="episode", series_id="heat"),
    samples.item("scar", title="Scarface", people=("Al Pacino",), genres=("Gangsters",)),
    samples.item("mob", title="The Mob", genres=("Gangsters",)),
]


class Tried:
    """An engine over stores in memory, with a clock moved by hand."""

    def __init__(self, items: list[Item]) -> None:
        self.store, self.clock = MemoryStore(), HandClock(samples.NOW_MS)
        stores = Stores(
            self.store, self.store, self.store, MemoryLedger(), MemoryModelStore(), self.clock,
            search=self.store,
        )  # fmt: skip
        arrays = samples.models([one.item_id for one in samples.items(60)]).arrays
        stores.ledger.promote(stores.models.save(arrays, {"log_offset": 0}), 1)
        self.numbers = count()
        self.engine = Engine(
            Settings(), stores, lambda stores: go_live(stores, Settings()), Counters(),
            lambda: 0.0, lambda: f"new{next(self.numbers)}",
        )  # fmt: skip
        for one in items:
            self.engine.put_item(one)
        for member in (
            Member(member_id="m1", country="IN", maturity_ceiling=16),
            Member(member_id="kid", kids=True, maturity_ceiling=8),
        ):
            self.engine.put_member(member)
        self.engine.settle()

    def find(self, text: str, member_id: str = "m1") -> Results:
        return find_items(self.engine, PageRequest(member_id=member_id, search=text))

    def ids(self, text: str, member_id: str = "m1") -> list[str]:
        found = self.find(text, member_id)
        return [found.query.catalog.item_ids[at] for at in found.position.tolist()]

    def do(self, kind: str, item_id: str = "", member_id: str = "m1", **payload: object) -> None:
        event = Event(
            event_id=f"did{next(self.numbers)}",
            kind=kind,
            occurred_ms=self.clock.now_ms(),
            member_id=member_id,
            item_id=item_id,
            payload=payload,
        )
        assert self.engine.append([event])[0].status == "accepted"
        self.engine.settle()

    def page(self, member_id: str = "m1") -> Served:
        return self.engine.page(PageRequest(member_id=member_id, at_ms=self.clock.now_ms()))


@pytest.fixture
def tried() -> Iterator[Tried]:
    yield Tried([*samples.items(60), *TITLES])


def test_titles_that_begin_so_come_first_then_words_then_people(tried: Tried) -> None:
    assert tried.ids("heat") == ["heat", "wave", "dead"]
    assert tried.ids("hea")[2:] == ["dead"]
    assert set(tried.ids("pacino")) == {"heat", "scar"}


def test_of_alike_ones_the_more_popular_come_first(tried: Tried) -> None:
    assert tried.ids("pacino") == ["heat", "scar"]
    tried.do("play_start", "scar", member_id="other")
    assert tried.ids("pacino") == ["scar", "heat"]


def test_of_alike_ones_the_better_liked_come_first(tried: Tried) -> None:
    tried.do("thumb", "mob", value=2)
    assert tried.ids("pacino") == ["scar", "heat"], "gangsters are liked"
    assert tried.ids("pacino", "nobody") == ["heat", "scar"]


def test_genres_follow_where_there_is_room(tried: Tried) -> None:
    assert set(tried.ids("gangsters")) == {"scar", "mob"}
    assert tried.ids("pacino gangsters") == ["scar"]


def test_only_what_may_be_seen_is_found(tried: Tried) -> None:
    assert tried.ids("heat wave") == ["wave"] and "adult" in tried.ids("heat wave", "nobody")
    assert set(tried.ids("heat", "kid")) == {"heat", "wave", "dead"}
    assert "adult" not in tried.ids("heat wave nights", "kid")
    assert not {"gone", "far", "part"} & set(tried.ids("heat"))
    tried.do("hide", "wave")
    assert tried.ids("heat") == ["heat", "dead"]
    tried.engine.set_taste("m1", {"mute": ["genre:Comedy"]})
    assert tried.ids("heat") == ["heat"] and "wave" in tried.ids("heat", "nobody")


def test_an_item_taken_out_is_not_found_even_before_the_next_snapshot(tried: Tried) -> None:
    tried.engine.delete_item("wave")
    assert tried.ids("heat") == ["heat", "dead"]


def test_slips_are_mended_and_words_left_out_and_it_is_said(tried: Tried) -> None:
    assert tried.ids("haet") == ["heat", "wave", "dead"] and tried.find("haet").meant == "heat"
    assert tried.find("pacinno").meant == "pacino"
    assert tried.find("heat zzzzz").meant == "heat"
    assert tried.find("heat").meant == "" and tried.find("zzzzz").meant == ""
    assert tried.ids("zzzzz") == [] and tried.find("zzzzz").count == 0
    assert tried.ids("nigths", "kid") == [], "what a kid may not see is not guessed at"


def test_nothing_typed_is_said_to_be_nothing(tried: Tried) -> None:
    for text in ("", "   ", "\n"):
        with pytest.raises(InvalidInput, match="q is empty") as said:
            tried.find(text)
        assert said.value.field == "q"


def test_at_most_fifty_are_given_and_all_are_counted(tried: Tried) -> None:
    found = tried.find("title", "nobody")
    assert len(found.position) == searching.RESULT_COUNT_MAX < found.count


def test_where_more_fit_than_are_looked_at_the_popular_are_among_them(
    tried: Tried, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "HIT_COUNT_MAX", 5)
    for number in range(8):
        tried.do("play_start", "i45", member_id=f"other{number}")
    tried.clock.at_ms += 60_000
    assert tried.ids("title")[0] == "i45"
    monkeypatch.setattr(searching, "HIT_COUNT_MAX", 3)
    assert tried.ids("heat")[0] == "heat", "the title itself, popular or not"


_ANY = Tried([*samples.items(30), *TITLES])


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.text(max_size=60), st.sampled_from(ODD_TEXTS)), st.sampled_from(("m1", "kid")))
def test_any_text_gives_an_answer_of_what_may_be_seen(text: str, member_id: str) -> None:
    if not text.strip():
        return
    found = _ANY.find(text, member_id)
    positions = found.position.tolist()
    assert len(set(positions)) == len(positions) <= found.count
    assert (found.query.catalog.maturity[positions] <= found.query.maturity_ceiling).all()
    told = results_json(found)
    assert [cell["item_id"] for cell in told["cells"]] == [
        found.query.catalog.item_ids[at] for at in positions
    ]


def test_the_answer_has_the_cells_of_a_page(tried: Tried) -> None:
    tried.do("list_add", "scar")
    told = results_json(tried.find("pacino"))
    cells = {cell["item_id"]: cell for cell in told["cells"]}
    assert set(cells["heat"]) == set(page_json(tried.page())["rows"][1]["cells"][0])
    assert cells["scar"]["in_list"] and not cells["heat"]["in_list"]
    assert cells["heat"]["reason"] == "With Al Pacino"
    assert results_json(tried.find("heat"))["cells"][0]["reason"] == ""


def test_a_new_snapshot_comes_with_its_words_where_they_are_in_use(tried: Tried) -> None:
    tried.engine.put_item(samples.item("one", title="Nothing searched yet"))
    tried.engine.settle()
    assert not tried.engine.catalog.snapshot().memory("haystack")
    tried.find("zzzzz")
    tried.engine.put_item(samples.item("two", title="Searched by now"))
    tried.engine.settle()
    assert set(tried.engine.catalog.snapshot().memory("haystack")) >= {"title", "person"}


# What a search does to the pages after it


def standing(served: Served, *item_ids: str) -> float:
    """Return how much of the page these items take, the first cells counting most."""
    ids, total = served.query.catalog.item_ids, 0.0
    for depth, row in enumerate(served.page.rows):
        for column, at in enumerate(row.position.tolist()):
            total += (ids[at] in item_ids) / (1 + depth) / (1 + column)
    return total


def reasons(served: Served, item_id: str) -> set[str]:
    at = served.query.catalog.find(item_id)
    return {
        REASONS[code]
        for row in served.page.rows
        if row.reason is not None
        for position, code in zip(row.position.tolist(), row.reason.tolist(), strict=True)
        if position == at
    }


def test_a_search_changes_the_next_page_and_fades(tried: Tried) -> None:
    tried.do("play_start", "i3")
    before = tried.page()
    tried.clock.at_ms += 1000
    tried.do("search_query", text="Pacino", result_count=2)
    after = tried.page()
    wanted = ("heat", "scar")
    assert standing(after, *wanted) > 2 * standing(before, *wanted)
    assert "searched" in reasons(after, "heat") and "searched" not in reasons(before, "heat")
    cells = [cell for row in page_json(after)["rows"] for cell in row["cells"]]
    said = {cell["reason"] for cell in cells if cell["item_id"] == "scar"}
    assert said == {"Because you searched for “pacino”"}
    tried.clock.at_ms += 7 * DAY_MS
    later = tried.page()
    assert standing(later, *wanted) < standing(after, *wanted)
    tried.clock.at_ms += 30 * DAY_MS
    assert "searched" not in reasons(tried.page(), "heat")


def test_a_kids_page_follows_from_the_kids_search(tried: Tried) -> None:
    before = tried.page("kid")
    tried.do("search_query", member_id="kid", text="heat")
    after = tried.page("kid")
    assert standing(after, "heat", "dead") > standing(before, "heat", "dead")
    assert standing(after, "adult") == 0


def test_a_click_is_evidence_beyond_the_words(tried: Tried) -> None:
    tried.do("search_query", text="title i2")
    tried.do("search_click", "i2", text="title i2")
    profile = tried.engine.profiles.get("m1")[1]
    assert [entry.item_id for entry in profile.recent] == ["i2"]
    assert profile.searches == (("title i2", samples.NOW_MS // 1000),)


def test_a_search_taken_back_shapes_nothing(tried: Tried) -> None:
    before = tried.page()
    tried.do("search_query", text="pacino")
    assert standing(tried.page(), "heat") > standing(before, "heat")
    tried.engine.set_taste("m1", {"reset": ["search:pacino"]})
    assert tried.engine.profiles.get("m1")[1].searches == ()
    assert standing(tried.page(), "heat") == standing(before, "heat")


def test_muted_and_hidden_titles_stay_away_though_searched_for(tried: Tried) -> None:
    tried.engine.set_taste("m1", {"mute": ["person:Al Pacino"]})
    tried.do("search_query", text="pacino")
    assert standing(tried.page(), "heat", "scar") == 0
