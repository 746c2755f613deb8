"""Goal: a member sees in words what is known of them, corrects it, and the next page follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from conftest import Running
from pasand.domain.events import Event
from pasand.domain.member import Member
from pasand.domain.taste_names import OCCASIONS, muted_row_kinds
from pasand.errors import NotAllowed
from pasand.flows.engine import PageRequest
from pasand.flows.homepage import serve_page
from pasand.pipeline import Plan, Trace
from pasand.web.access import Caller

HOUR_MS = 3_600_000


@pytest.fixture
def site(fresh: Callable[..., Running]) -> Running:
    return fresh()


def act(site: Running, kind: str, item_id: str, hours_ago: float = 1.0, **payload: Any) -> None:
    """Let m1 do something."""
    engine = site.home.engine
    number = engine.stores.log.last_offset()
    at_ms = engine.now_ms() - int(hours_ago * HOUR_MS)
    engine.append([
        Event(event_id=f"did-{number}", kind=kind, occurred_ms=at_ms, member_id="m1",
              item_id=item_id, device="tv", country="IN", time_zone="Asia/Kolkata", payload=payload)
    ])  # fmt: skip
    engine.settle()


def page_of(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/v1/page?rows=60").json()
    return found


def items_of(page: dict[str, Any]) -> set[str]:
    return {cell["item_id"] for row in page["rows"] for cell in row["cells"]}


def profile_of(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/v1/members/m1/profile").json()
    return found


def form(client: httpx.Client, act: str, name: str = "", **fields: str) -> httpx.Response:
    """Send a form of the page, as a browser without scripts does."""
    return client.post("/taste", data={"act": act, "name": name, **fields})


def test_a_profile_is_told_in_words(site: Running) -> None:
    act(site, "play_start", "i0", 30, position_s=600, duration_s=5400)
    act(site, "complete", "i10", 20)
    act(site, "thumb", "i10", 19, value=2)
    act(site, "thumb", "i3", 18, value=-1)
    act(site, "hide", "i4", 17)
    act(site, "list_add", "i5", 16)
    act(site, "search_query", "", 15, text="slow boats")
    for _ in range(3):
        act(site, "impression", "i7", 2, visible=1.0, dwell_ms=2000)
    with site.browser("m1") as client:
        told = profile_of(client)
        assert told == profile_of(client) | {"latest": told["latest"]}
        assert told["text"][0].startswith("You watched 2 titles; the last was Title i10 ")
        assert any(text.startswith("You like ") and "Drama" in text for text in told["text"])
        assert any("on the TV" in text for text in told["text"])
        assert any("Title i7 less, because you passed it by" in text for text in told["text"])
        assert told["text"][-1].startswith("The oldest thing we remember is from ")
        (unfinished,) = told["watching"]
        assert unfinished["title"] == "Title i0" and unfinished["words"] == "10 min of 1 h 30 min"
        assert [entry["title"] for entry in told["history"]] == ["Title i10", "Title i0"]
        assert [entry["title"] for entry in told["liked"]] == ["Title i10"]
        assert [entry["title"] for entry in told["disliked"]] == ["Title i3"]
        assert [entry["title"] for entry in told["hidden_titles"]] == ["Title i4"]
        assert [entry["title"] for entry in told["on_list"]] == ["Title i5"]
        assert told["searches"] == ["slow boats"] and told["passed_by"][0]["times"] == 3
        best = told["genres"][0]
        assert best["name"] in ("Drama", "Crime") and best["words"] == "very much"
        assert "Title i10" in [title["title"] for title in best["because"]]
        assert told["genres"][-1]["words"] == "not for you"
        assert all(isinstance(text, str) and text.endswith(".") for text in told["text"])
        shown = client.get("/taste").text
    assert all(f"Title i{number}" in shown for number in (0, 10, 3, 4, 5, 7))


def test_a_muted_genre_and_a_removed_title_leave_the_next_page(site: Running) -> None:
    act(site, "play_start", "i2", position_s=600, duration_s=6000)
    with site.browser("m1") as client:
        assert "continue" in [row["kind"] for row in page_of(client)["rows"]]
        answer = client.put("/v1/members/m1/taste", json={"mute": ["genre:Comedy"]})
        assert answer.json()["muted"] == ["genre:Comedy"]
        assert client.delete("/v1/members/m1/history/i2").status_code == 204
        page = page_of(client)
        assert page["rows"] and "continue" not in [row["kind"] for row in page["rows"]]
        cells = [cell for row in page["rows"] for cell in row["cells"]]
        assert cells and all("Comedy" not in cell["genres"] for cell in cells)
        assert profile_of(client)["history"] == []
        answer = client.put("/v1/members/m1/taste", json={"unmute": ["genre:Comedy"]})
        assert answer.json()["muted"] == []
        genres = [cell["genres"] for row in page_of(client)["rows"] for cell in row["cells"]]
        assert any("Comedy" in names for names in genres)


def broken(plan: Plan) -> Plan:
    """Return a plan whose scorer fails: what is left is the last rung."""

    def fail(*_: object) -> Any:
        raise ValueError("no score")

    return replace(plan, scorers={"blend": fail})


@pytest.mark.parametrize("occasion", ("new", "trending", "top_ten", "because"))
def test_a_muted_occasion_is_on_no_rung(site: Running, occasion: str) -> None:
    engine = site.home.engine
    for number in range(40):
        act(site, "play_start", f"i{number % 9}", number / 20)
    engine.set_taste("m1", {"mute": [f"occasion:{occasion}"]})
    query, _ = engine.query(PageRequest(member_id="m1"))
    kinds = set(OCCASIONS[occasion])
    assert muted_row_kinds(query.profile.muted) == kinds
    for rung in range(3):
        plans = engine.live.plans[rung:] or (broken(engine.live.plans[0]),)
        page, _ = serve_page(query, plans, Trace(engine.timer))
        assert page.rows and not kinds & {row.kind for row in page.rows}


def test_muting_a_row_takes_it_off_and_unmuting_brings_it_back(site: Running) -> None:
    for number in range(12):
        act(site, "play_start", f"i{number}", number)
    with site.browser("m1") as client:
        before = {row["kind"] for row in page_of(client)["rows"]}
        assert "top-10" in before
        assert form(client, "mute", "occasion:top_ten").status_code == 303
        assert {row["kind"] for row in page_of(client)["rows"]} == before - {"top-10"}
        form(client, "unmute", "occasion:top_ten")
        assert "top-10" in {row["kind"] for row in page_of(client)["rows"]}


def test_what_was_hidden_or_disliked_can_be_taken_back(site: Running) -> None:
    act(site, "hide", "i0")
    act(site, "thumb", "i5", value=-1)
    with site.browser("m1") as client:
        assert not {"i0", "i5"} & items_of(page_of(client))
        for item_id in ("i0", "i5"):
            assert form(client, "reset", f"item:{item_id}").status_code == 303
        told = profile_of(client)
        assert told["hidden_titles"] == told["disliked"] == []
        assert {"i0", "i5"} <= items_of(page_of(client))


def test_a_taste_can_be_forgotten(site: Running) -> None:
    act(site, "complete", "i0")
    with site.browser("m1") as client:
        assert "Drama" in [taste["name"] for taste in profile_of(client)["genres"]]
        form(client, "reset", "genre:Drama")
        assert "Drama" not in [taste["name"] for taste in profile_of(client)["genres"]]


def test_learning_can_be_switched_off_and_on(site: Running) -> None:
    engine = site.home.engine
    act(site, "play_start", "i0", position_s=600, duration_s=6000)
    with site.browser("m1") as client:
        assert page_of(client)["plan"] == engine.live.plans[0].version
        answer = client.put("/v1/members/m1/personalisation", json={"personalised": False})
        assert answer.json() == {"member_id": "m1", "personalised": False}
        assert page_of(client)["plan"] == engine.live.plans[1].version
        told = profile_of(client)
        assert told["learning"] is False and "switched off" in " ".join(told["text"])
        assert 'aria-checked="false"' in client.get("/taste").text
        form(client, "learning", "on")
        assert page_of(client)["plan"] == engine.live.plans[0].version
        assert engine.member("m1").name == "Ann", "switching keeps the rest of the member"


def test_without_agreement_the_page_says_so_instead_of_offering_a_switch(site: Running) -> None:
    engine = site.home.engine
    engine.put_member(replace(engine.member("m1"), consent=False))
    with site.browser("m1") as client:
        shown = client.get("/taste").text
        assert "You have not agreed" in shown and "Learn from what I do" not in shown
        form(client, "learning", "on")
        assert not engine.member("m1").consent and profile_of(client)["learning"] is False


def test_more_than_a_profile_holds_cannot_be_muted_unnoticed(site: Running) -> None:
    names = [f"person:Somebody {number} of a very long name" for number in range(20)]
    with site.browser("m1") as client:
        for at, name in enumerate(names):
            answer = client.put("/v1/members/m1/taste", json={"mute": [name]})
            if answer.status_code == 413:
                break
            assert answer.json()["muted"] == names[: at + 1]
        assert 4 < at < 20 and "Unmute" in answer.json()["error"]["fix"]
        assert profile_of(client)["muted"] == names[:at]


@pytest.mark.parametrize(
    ("field", "name"),
    (
        ("mute", "Horror"), ("mute", "genre:"), ("mute", "item:i1"), ("mute", "occasion:never"),
        ("reset", "occasion:new"), ("unmute", "x" * 200), ("mute", "genre:" + "x" * 200),
    ),
)  # fmt: skip
def test_what_is_no_taste_is_refused(site: Running, field: str, name: str) -> None:
    with site.browser("m1") as client:
        answer = client.put("/v1/members/m1/taste", json={field: [name]})
        assert answer.status_code == 400 and answer.json()["error"]["field"] == field
        assert form(client, field, name).status_code == 400


def test_a_session_corrects_its_own_member_alone(site: Running) -> None:
    with site.browser("m2") as other:
        for path, body in (
            ("taste", {"mute": ["genre:Drama"]}),
            ("personalisation", {"personalised": False}),
            ("pin", {"pin": "1234"}),
        ):
            assert other.put(f"/v1/members/m1/{path}", json=body).status_code == 403
        assert other.delete("/v1/members/m1/history/i1").status_code == 403
    with site.browser() as nobody:
        assert nobody.get("/taste").headers["location"] == "/"
        assert nobody.get("/taste/export").headers["location"] == "/"
        assert form(nobody, "mute", "genre:Drama").headers["location"] == "/"


def test_a_browser_key_speaks_for_its_member_but_corrects_nothing() -> None:
    caller = Caller("session", frozenset({"events:write"}), "m1")
    with pytest.raises(NotAllowed):
        caller.allow_own("members:write", "m1")


def test_another_sites_form_changes_nothing(site: Running) -> None:
    headers = {"Origin": "https://evil.example"}
    with site.browser("m1") as client:
        data = {"act": "mute", "name": "genre:Drama"}
        assert client.post("/taste", data=data, headers=headers).status_code == 403
        assert client.post("/pin", data={"pin": "1234"}, headers=headers).status_code == 403
        assert profile_of(client)["muted"] == []


def test_the_export_holds_what_is_known_and_nothing_of_others(site: Running) -> None:
    act(site, "play_start", "i0")
    site.home.engine.put_member(Member(member_id="m2", name="Bob Otherman"))
    site.home.engine.set_pin("m1", "4071", "", own=False)
    with site.browser("m1") as client:
        answer = client.get("/taste/export")
    assert "attachment" in answer.headers["content-disposition"]
    export = answer.json()
    assert export["in_words"]["history"] and "Ann" in answer.text
    assert '"play_start"' in answer.text
    assert "Otherman" not in answer.text and "4071" not in answer.text
