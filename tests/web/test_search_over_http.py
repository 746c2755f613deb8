"""Goal: over HTTP a member finds titles and people, within their own limits, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from conftest import Running
from pasand.testing import samples
from pasand.testing.search_contracts import ODD_TEXTS

ITEMS = [
    *samples.items(60),
    samples.item("heat", title="Heat", people=("Al Pacino",), maturity=13),
    samples.item("wave", title="Heat Wave", maturity=0),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    from conftest import start_server

    running = start_server(tmp_path_factory.mktemp("home"), items=ITEMS)
    yield running
    running.stop()


def search(client: httpx.Client, q: str | None, **more: Any) -> httpx.Response:
    return client.get("/v1/search", params={"q": q, **more} if q is not None else more)


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [cell["item_id"] for cell in answer.json()["cells"]]


def test_titles_and_people_are_found(site: Running) -> None:
    with site.client("page:read") as client:
        assert ids(search(client, "heat", member_id="m1")) == ["heat", "wave"]
        told = search(client, "PACINO", member_id="m1").json()
        assert told["query"] == "PACINO" and told["member_id"] == "m1" and told["count"] == 1
        assert told["meant"] is None and told["cells"][0]["reason"] == "With Al Pacino"
        assert search(client, "pacinno", member_id="m1").json()["meant"] == "pacino"
        assert ids(search(client, "zzzzzz", member_id="m1")) == []
        assert ids(search(client, "heat", member_id="who", device="tv", country="GB"))


def test_a_session_finds_for_its_own_member_alone(site: Running) -> None:
    with site.browser("kid") as browser:
        assert ids(search(browser, "heat")) == ["wave"]
        other = search(browser, "heat", member_id="m1")
        assert other.status_code == 403
    with site.browser() as nobody:
        assert search(nobody, "heat", member_id="m1").status_code == 401
    with site.client("events:write") as client:
        assert search(client, "heat", member_id="m1").status_code == 403


@pytest.mark.parametrize("q", (None, "", "   "))
def test_nothing_to_search_for_is_said_by_its_field(site: Running, q: str | None) -> None:
    with site.client() as client:
        answer = search(client, q, member_id="m1")
        error = answer.json()["error"]
        assert answer.status_code == 400 and error["field"] == "q" and "q=heat" in error["fix"]


def test_bad_parameters_are_said_by_their_fields(site: Running) -> None:
    with site.client() as client:
        for more, field in (
            ({"q": "a" * 201, "member_id": "m1"}, "q"),
            ({"q": "heat"}, "member_id"),
            ({"q": "heat", "member_id": "m1", "rows": "3"}, "rows"),
            ({"q": "heat", "member_id": "m1", "device": "toaster"}, "device"),
        ):
            answer = client.get("/v1/search", params=more)
            assert answer.status_code == 400 and answer.json()["error"]["field"] == field


def test_no_text_is_an_error(site: Running) -> None:
    with site.client() as client:
        for text in ODD_TEXTS:
            text = text.encode(errors="replace").decode()[:200]
            if text.strip():
                assert search(client, text, member_id="m1").status_code == 200, text


def test_what_is_put_and_deleted_shows(fresh: Callable[..., Running]) -> None:
    site = fresh()
    with site.client() as client:
        said = {"title": "Mirage", "maturity": 0, "people": ["Zoë Żuk"]}
        assert client.put("/v1/items/new", json=said).status_code == 200
        site.home.engine.settle()
        assert ids(search(client, "zoe zuk", member_id="m1")) == ["new"]
        assert client.delete("/v1/items/new").status_code == 204
        assert ids(search(client, "mirage", member_id="m1")) == []


def test_the_next_page_tells_of_the_search_and_so_does_its_explanation(
    fresh: Callable[..., Running],
) -> None:
    site = fresh(items=ITEMS)
    with site.client() as client:
        event = {"event_id": "s1", "kind": "search_query", "member_id": "m1",
                 "payload": {"text": "Pacino"}}  # fmt: skip
        assert client.post("/v1/events", json={"events": [event]}).status_code == 202
        page = client.get("/v1/page", params={"member_id": "m1"}).json()
        places = [
            (row, column, cell["reason"])
            for row, cells in enumerate(page["rows"])
            for column, cell in enumerate(cells["cells"])
            if cell["item_id"] == "heat"
        ]
        assert places and {said for _, _, said in places} == {"Because you searched for “pacino”"}
        at = {"page_id": page["page_id"], "row": places[0][0], "column": places[0][1]}
        told = client.get("/v1/explain", params=at).json()
        assert told["parts"][0]["name"] == "searched"
        assert told["reason"] == told["parts"][0]["label"] == "It matches what you searched for"


def test_a_search_is_forgotten_on_the_members_own_page(fresh: Callable[..., Running]) -> None:
    site = fresh()
    with site.client() as client, site.browser("m1") as browser:
        event = {"event_id": "s1", "kind": "search_query", "member_id": "m1",
                 "payload": {"text": "Title i7"}}  # fmt: skip
        assert client.post("/v1/events", json={"events": [event]}).status_code == 202
        assert "Forget that you searched for title i7" in browser.get("/taste").text
        form = {"act": "reset", "name": "search:title i7", "back": "searches"}
        assert browser.post("/taste", data=form).status_code == 303
        assert client.get("/v1/members/m1/profile").json()["searches"] == []
