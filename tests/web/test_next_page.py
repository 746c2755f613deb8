"""Goal: over HTTP, what was sent shows on the next page, and every page can be explained."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from conftest import Running
from pasand.domain.catalog import Artwork
from pasand.testing import samples
from pasand.web.routes import ROUTES


@pytest.fixture
def client(fresh: Callable[..., Running]) -> Iterator[httpx.Client]:
    with fresh().client() as client:
        yield client


def page_of(client: httpx.Client, member_id: str = "m1", **more: Any) -> dict[str, Any]:
    answer = client.get("/v1/page", params={"member_id": member_id, **more})
    assert answer.status_code == 200, answer.text[:300]
    page: dict[str, Any] = answer.json()
    return page


def shown(page: dict[str, Any]) -> list[str]:
    return [cell["item_id"] for row in page["rows"] for cell in row["cells"]]


def rows(page: dict[str, Any]) -> dict[str, list[str]]:
    return {row["row_id"]: [cell["item_id"] for cell in row["cells"]] for row in page["rows"]}


def send(client: httpx.Client, *events: dict[str, Any]) -> list[str]:
    answer = client.post("/v1/events", json={"events": list(events)})
    assert answer.status_code == 202, answer.text[:300]
    return [result["status"] for result in answer.json()["results"]]


def play(event_id: str, item_id: str, member_id: str = "m1", **payload: Any) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "kind": "play_start",
        "member_id": member_id,
        "item_id": item_id,
        "payload": {"position_s": 600, "duration_s": 6000, **payload},
    }


def eventually(check: Callable[[], bool]) -> None:
    """Wait for what is promised within a second; a slow machine gets longer."""
    for _ in range(200):
        if check():
            return
        time.sleep(0.05)
    raise AssertionError("it never came")


def test_one_dislike_one_page(client: httpx.Client) -> None:
    hero = rows(page_of(client))["hero"][0]
    thumb = {"event_id": "t1", "kind": "thumb", "member_id": "m1", "item_id": hero, "value": -1}
    assert send(client, thumb) == ["accepted"]
    assert hero not in shown(page_of(client))
    assert hero in shown(page_of(client, "m2"))


def test_one_play_one_page(client: httpx.Client) -> None:
    assert send(client, play("p1", "i7"), play("p1", "i7")) == ["accepted", "duplicate"]
    page = page_of(client)
    assert rows(page)["continue"] == ["i7"]
    cell = next(row for row in page["rows"] if row["row_id"] == "continue")["cells"][0]
    assert cell["progress"] == pytest.approx(0.1)
    assert send(client, play("p1", "i8")) == ["rejected"]
    assert rows(page_of(client))["continue"] == ["i7"]


def test_an_item_and_a_member_may_come_after_their_events(client: httpx.Client) -> None:
    early = {"event_id": "e1", "kind": "list_add", "member_id": "late", "item_id": "new"}
    assert send(client, early) == ["accepted"]
    assert "new" not in shown(page_of(client, "late"))
    assert client.put("/v1/members/late", json={"name": "Late"}).status_code == 200
    assert client.put("/v1/items/new", json={"title": "New", "maturity": 0}).status_code == 200
    eventually(lambda: rows(page_of(client, "late")).get("my-list") == ["new"])
    assert client.delete("/v1/items/new").status_code == 204
    eventually(lambda: "new" not in shown(page_of(client, "late")))


def test_a_cursor_goes_on_without_repeats(client: httpx.Client) -> None:
    seen: set[str] = set()
    cursor: dict[str, Any] = {}
    for _ in range(30):
        page = page_of(client, rows=2, columns=6, **cursor)
        assert len(shown(page)) == len(set(shown(page))) and not set(shown(page)) & seen
        seen |= set(shown(page))
        if page["cursor"] is None:
            break
        cursor = {"cursor": page["cursor"]}
    assert page["rows"] == [] and len(seen) >= 50


def test_more_than_the_catalogue_has_is_no_error(client: httpx.Client) -> None:
    page = page_of(client, rows=60, columns=60)
    assert 0 < len(shown(page)) <= 60
    assert len(client.get("/v1/items/i0/similar?k=200").json()["items"]) < 60


def test_an_empty_catalogue_gives_an_empty_page(fresh: Callable[..., Running]) -> None:
    site = fresh(items=[])
    with site.client() as client:
        page = page_of(client)
        assert page["rows"] == [] and page["degraded"] is None and page["cursor"] is None
        assert client.get("/health/ready").json()["items"] == 0
    with site.browser("m1") as session:
        assert "Nothing to show yet" in session.get("/home").text


def test_a_page_for_another_time_is_the_same_each_time_and_not_logged(client: httpx.Client) -> None:
    send(client, play("p1", "i7"))
    offset = client.get("/health/ready").json()["log_offset"]
    pages = [page_of(client, at="2026-12-01T20:00:00Z") for _ in range(2)]
    assert rows(pages[0]) == rows(pages[1]) and pages[0]["at"] == "2026-12-01T20:00:00Z"
    assert client.get("/health/ready").json()["log_offset"] == offset


def test_every_cell_can_be_explained(client: httpx.Client) -> None:
    send(client, play("p1", "i7"))
    page = page_of(client)
    for number, row in enumerate(page["rows"][:4]):
        for column, cell in enumerate(row["cells"][:2]):
            place = {"page_id": page["page_id"], "row": number, "column": column}
            why = client.get("/v1/explain", params=place).json()
            assert why["item_id"] == cell["item_id"] and why["reason"]
            assert why["artwork_id"] == cell["artwork_id"]
            assert why["artwork_propensity"] == cell["artwork_propensity"]
            assert sum(part["share"] for part in why["parts"]) == pytest.approx(1, abs=0.01) or (
                not why["parts"]
            )
    beyond = {"page_id": page["page_id"], "row": 0, "column": 999}
    assert client.get("/v1/explain", params=beyond).status_code == 404


def test_an_impression_of_a_cell_is_joined_by_the_server(fresh: Callable[..., Running]) -> None:
    site = fresh()
    with site.client() as client:
        page = page_of(client)
        wanted = page["rows"][1]["cells"][2]
        told = {"event_id": "s1", "kind": "impression", "member_id": "m1", "row": 1, "column": 2}
        send(client, {**told, "page_id": page["page_id"], "payload": {"dwell_ms": 1500}})
    stored = site.home.engine.stores.log.find("s1")
    assert stored is not None and stored.event.item_id == wanted["item_id"]
    assert stored.event.artwork_id == wanted["artwork_id"]


def test_a_profile_says_what_is_known(client: httpx.Client) -> None:
    send(client, play("p1", "i7"), {**play("p2", "i3"), "kind": "complete"})
    found = client.get("/v1/members/m1/profile").json()
    assert found["watching"][0]["item_id"] == "i7" and found["finished"] == ["i3"]
    assert found["bytes"] <= 8192 and len(found["bytes_hash"]) == 32
    assert found["genres"] and found["recent"]


def test_records_read_back(client: httpx.Client) -> None:
    item = {"title": "Zoë", "genres": ["Drama"], "maturity": 13, "released": "2020-01-01"}
    put = client.put("/v1/items/zoe", json={**item, "titel": "x"}).json()
    assert len(put["warnings"]) == 1 and "title" in put["warnings"][0]
    got = client.get("/v1/items/zoe").json()
    assert {name: got[name] for name in item} == item
    member = {"name": "Zoë", "kids": True, "country": "IN"}
    client.put("/v1/members/zoe", json=member)
    got = client.get("/v1/members/zoe").json()
    assert got["name"] == "Zoë" and got["maturity_ceiling"] == 8
    assert client.delete("/v1/members/zoe").status_code == 204
    assert client.get("/v1/members/zoe").status_code == 404


def test_a_picture_is_served_as_it_is(fresh: Callable[..., Running]) -> None:
    site = fresh()
    data = BytesIO()
    Image.new("RGB", (32, 18), "teal").save(data, "JPEG")
    folder = site.home.path / "artwork"
    folder.mkdir()
    (folder / "deep.jpg").write_bytes(data.getvalue())
    with site.client() as client:
        art = [{"artwork_id": "deep", "file": "deep.jpg"}]
        client.put("/v1/items/pictured", json={"title": "P", "artworks": art})
        address = client.get("/v1/items/pictured").json()["artworks"][0]["url"]
        eventually(lambda: client.get(address).status_code == 200)
        answer = client.get(address + "?w=320")
    assert answer.content == data.getvalue() and answer.headers["content-type"] == "image/jpeg"
    assert "max-age" in answer.headers["cache-control"]


def test_the_schema_lists_every_documented_route(site: Running) -> None:
    with site.browser() as nobody:
        answer = nobody.get("/schema")
    assert answer.headers["content-type"] == "application/json"
    schema = answer.json()
    assert schema["openapi"].startswith("3.1")
    documented = {
        (method.upper(), path) for path, methods in schema["paths"].items() for method in methods
    }
    assert documented == {(one.method, one.path) for one in ROUTES if one.api}
    named = set(re.findall(r"#/components/schemas/(\w+)", answer.text))
    assert named <= set(schema["components"]["schemas"])
    for methods in schema["paths"].values():
        for operation in methods.values():
            assert operation["summary"] and operation["operationId"] and operation["responses"]


def test_the_page_has_the_fields_the_schema_names(site: Running) -> None:
    with site.client() as client:
        wanted = client.get("/schema").json()["components"]["schemas"]["Page"]["required"]
        assert set(wanted) <= set(page_of(client))


def test_health_and_metrics(site: Running) -> None:
    with site.client() as client:
        page_of(client)
        assert client.get("/health/live").json() == {"status": "live"}
        ready = client.get("/health/ready").json()
        assert ready["status"] == "ready" and ready["items"] == len(samples.items(60))
        text = client.get("/metrics").text
    for name in ("pasand_pages_total", "pasand_page_seconds_bucket", "pasand_items 60"):
        assert name in text


def test_the_members_page_holds_its_data_safely(fresh: Callable[..., Running]) -> None:
    """A title made of markup is shown as text, also in the page's data block."""
    evil = '</script><script>alert(1)</script><img src=x onerror="alert(2)">'
    wicked = [
        samples.item(f"w{n}", title=evil, synopsis=evil, genres=(evil[:60],)) for n in range(9)
    ]
    site = fresh(items=wicked)
    with site.browser("m1") as session:
        text = session.get("/home").text
    assert "<script>alert" not in text and "<img src=x" not in text
    assert text.count("<script") == text.count('src="/static/') + text.count('"application/json"')
    assert "style=" not in text and "onclick" not in text


@pytest.mark.parametrize("palette", ((), ("#204060",), ("#204060", "#80a0c0")))
def test_a_picture_may_have_any_number_of_colours(
    fresh: Callable[..., Running], palette: tuple[str, ...]
) -> None:
    rows = [
        samples.item(f"i{n}", artworks=(Artwork(artwork_id=f"a{n}", palette=palette),))
        for n in range(9)
    ]
    site = fresh(items=rows)
    with site.browser("m1") as session:
        answer = session.get("/home")
    assert answer.status_code == 200 and all(colour in answer.text for colour in palette)


def test_items_may_share_a_picture(fresh: Callable[..., Running]) -> None:
    shared = [
        samples.item(f"i{n}", artworks=tuple(Artwork(artwork_id=a, file=f"{a}.jpg") for a in names))
        for n, names in enumerate((("a", "b"), ("a",), ("c", "b"), ("d",), ("d", "e"), ("f",)))
    ]
    site = fresh(items=shared)
    folder = site.home.path / "artwork"
    folder.mkdir()
    for name in "abcdef":
        (folder / f"{name}.jpg").write_bytes(name.encode())
    own = {one.item_id: {art.artwork_id for art in one.artworks} for one in shared}
    with site.client() as client:
        for name in "abcdef":
            assert client.get(site.picture(name)).content == name.encode()
        page = page_of(client)
    log = site.home.engine.stores.log
    eventually(lambda: log.find(page["page_id"]) is not None)
    stored = log.find(page["page_id"])
    assert stored is not None
    for row, block in zip(page["rows"], stored.event.payload["rows"], strict=True):
        assert block["artworks"] == [cell["artwork_id"] for cell in row["cells"]]
        assert all(cell["artwork_id"] in own[cell["item_id"]] for cell in row["cells"])
