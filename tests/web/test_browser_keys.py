"""Goal: a browser key, which everybody can read in a shop's page, sends events of one signed
member from that shop's pages, and does nothing else.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from conftest import Running
from pasand.adapters.memory import MemoryLedger
from pasand.bootstrap import open_home
from pasand.cli.app import app
from pasand.errors import InvalidInput, NotAllowed
from pasand.flows.replaying import Replayer
from pasand.web.access import TOKEN_MS, Access, new_browser_key, new_key, revoked
from pasand.web.routes import ROUTES

SHOP = "https://shop.example"
VISITOR = "visitor-01a20aac-ff1f-7000-a62f-51bb9c080918"


def event(event_id: str, **fields: object) -> dict[str, object]:
    return {"event_id": event_id, "kind": "view", "item_id": "i1", **fields}


def browser_key(site: Running, visitors: bool = False) -> str:
    key, secret = new_browser_key("shop", (SHOP, "http://localhost:3000"), 1, visitors)
    site.home.engine.stores.ledger.put_key(key)
    return secret


def token(site: Running, member_id: str = "m1") -> str:
    with site.client("events:write") as server:
        answer = server.post("/v1/sessions", json={"member_id": member_id})
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert told["member_id"] == member_id and told["expires_in_s"] == TOKEN_MS // 1000
    session: str = told["session"]
    return session


def headers(key: str, session: str = "", origin: str = SHOP) -> dict[str, str]:
    found = {"Authorization": f"Bearer {key}", "Origin": origin, "X-Pasand-Session": session}
    return {name: value for name, value in found.items() if value}


@pytest.fixture
def client(site: Running) -> Iterator[httpx.Client]:
    with site.browser() as client:
        yield client


def test_a_signed_members_events_are_taken_and_no_others(
    site: Running, client: httpx.Client
) -> None:
    sent = headers(browser_key(site), token(site))
    events = [event("bk-1"), event("bk-2", member_id="m1"), event("bk-3", member_id="m2")]
    answer = client.post("/v1/events", json={"events": events}, headers=sent)
    assert answer.status_code == 202
    results = answer.json()["results"]
    assert [result["status"] for result in results] == ["accepted", "accepted", "rejected"]
    log = site.home.engine.stores.log
    stored = [log.find(f"bk-{number}") for number in (1, 2, 3)]
    assert [one and one.event.member_id for one in stored] == ["m1", "m1", None]
    # A replay holds what was rejected to the same member, however it is corrected.
    letter = log.rejected(1)[0]
    assert letter.source == "session m1"
    engine = site.home.engine
    again = Replayer(log, engine.stores.catalog, engine, engine.now_ms(), 10_000)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        again._event(dataclasses.replace(letter, body=letter.body))


@pytest.mark.parametrize(
    "origin",
    ("", "null", "https://evil.example", "https://shop.example.evil.example",
     "https://www.shop.example", "http://shop.example", "https://shop.example:8443"),
)  # fmt: skip
def test_another_sites_page_cannot_use_the_key(
    site: Running, client: httpx.Client, origin: str
) -> None:
    sent = headers(browser_key(site), token(site), origin)
    answer = client.post("/v1/events", json={"events": [event("bk-evil")]}, headers=sent)
    assert answer.status_code == 403 and answer.json()["error"]["field"] == "origin"
    assert "Access-Control-Allow-Origin" not in answer.headers
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    if origin:
        preflight = client.options("/v1/events", headers=asked)
        assert "Access-Control-Allow-Origin" not in preflight.headers
    assert site.home.engine.stores.log.find("bk-evil") is None


def test_a_browser_key_does_nothing_but_send_events(site: Running, client: httpx.Client) -> None:
    sent = headers(browser_key(site), token(site))
    for operation in ROUTES:
        path = operation.path.format(
            item_id="i1", member_id="m1", artwork_id="x", rule_id="r1", signature="s1"
        )
        if not operation.scope or (operation.method, path) == ("POST", "/v1/events"):
            continue
        body = {"json": {}} if operation.method in ("PUT", "POST") else {}
        answer = client.request(operation.method, path, headers=sent, **body)  # type: ignore[arg-type]
        assert answer.status_code == 403, f"{operation.method} {path}"
        assert "nothing else" in answer.json()["error"]["message"]
    assert client.get("/home", headers=sent).headers["location"] == "/"
    assert client.post("/owner/batch", headers=sent, content=b"").status_code == 403
    form = {"key": sent["Authorization"].split()[1]}
    assert client.post("/session/key", data=form).status_code == 403


def test_only_a_servers_key_signs_members(site: Running, client: httpx.Client) -> None:
    wanted = {"member_id": "m1"}
    with site.browser("m1") as session:
        assert session.post("/v1/sessions", json=wanted).status_code == 403
    with site.client("page:read") as reader:
        assert reader.post("/v1/sessions", json=wanted).status_code == 403
    with site.client("events:write") as server:
        for body, field in (({}, "member_id"), ({"member_id": "no spaces"}, "member_id")):
            answer = server.post("/v1/sessions", json=body)
            assert answer.status_code == 400, answer.text
            assert field in str(answer.json()["error"])
    assert client.post("/v1/sessions", json=wanted).status_code == 401


def test_tokens_cookies_and_ends_are_not_mixed_up(site: Running, client: httpx.Client) -> None:
    key, signed = browser_key(site), token(site)
    with site.browser("m1") as session:
        cookie = session.cookies["pasand_session"].strip('"')
    body, _, signature = signed.partition("~")
    other = token(site, "m2").partition("~")[0]
    for wrong in ("", "m1", cookie, f"{other}~{signature}", f"{body}~", "é~é", "x" * 5000, VISITOR):
        sent = [(name, value.encode()) for name, value in headers(key, wrong).items()]
        answer = client.post("/v1/events", json={"events": [event("bk-odd")]}, headers=sent)
        assert answer.status_code == 403, wrong
        assert "/v1/sessions" in answer.json()["error"]["fix"]
    client.cookies.set("pasand_session", signed)
    assert client.get("/v1/page").status_code == 403
    assert site.home.engine.stores.log.find("bk-odd") is None


def test_a_token_ends() -> None:
    access = Access(MemoryLedger(), "", 720)
    key, secret = new_browser_key("shop", (SHOP,), 1)
    access._ledger.put_key(key)
    signed = access.token("m1", 1_000)
    assert access.by_browser_key(secret, SHOP, signed, 1_000 + TOKEN_MS).member_id == "m1"
    with pytest.raises(NotAllowed):
        access.by_browser_key(secret, SHOP, signed, 1_001 + TOKEN_MS)


def test_keys_are_read_anew_and_only_then_made_anew() -> None:
    ledger = MemoryLedger()
    access = Access(ledger, "owner-token", 720)
    server, secret = new_key("backend", ("events:write",), 1)
    shop, shown = new_browser_key("shop", (SHOP,), 1)
    ledger.put_key(server)
    ledger.put_key(shop)
    caller = access.by_key(secret)
    access.refresh()
    assert access.by_key(secret) is caller and access.knows_origin(SHOP)
    assert access.by_key("owner-token").scopes == {"admin", "owner"}
    with pytest.raises(NotAllowed):
        access.by_key(shown)
    with pytest.raises(NotAllowed):
        access.by_browser_key(secret, SHOP, access.token("m1", 1), 1)
    for one in (server, shop):
        ledger.put_key(revoked(ledger.keys(), one.key_id, 2))
    access.refresh()
    assert not access.knows_origin(SHOP)
    with pytest.raises(NotAllowed):
        access.by_key(secret)
    with pytest.raises(NotAllowed):
        access.by_browser_key(shown, SHOP, access.token("m1", 1), 1)


def test_a_visitor_writes_for_itself_where_the_key_takes_visitors(
    site: Running, client: httpx.Client
) -> None:
    events = [event("bk-v1"), event("bk-v2", member_id="m1")]
    sent = headers(browser_key(site, visitors=True), VISITOR)
    results = client.post("/v1/events", json={"events": events}, headers=sent).json()["results"]
    assert [result["status"] for result in results] == ["accepted", "rejected"]
    stored = site.home.engine.stores.log.find("bk-v1")
    assert stored is not None and stored.event.member_id == VISITOR
    # Ids that could be guessed, or be a member's, need a signature there too.
    for wrong in ("m1", "visitor-1", "visitor-m1", VISITOR.upper(), f"{VISITOR}0", ""):
        sent["X-Pasand-Session"] = wrong
        answer = client.post("/v1/events", json={"events": events}, headers=sent)
        assert answer.status_code == 403, wrong
    sent["X-Pasand-Session"] = token(site, "m1")
    answer = client.post("/v1/events", json={"events": [event("bk-v3")]}, headers=sent)
    assert answer.json()["results"][0]["status"] == "accepted"


def test_browsers_are_answered_before_they_send_and_can_read_every_answer(
    site: Running, client: httpx.Client
) -> None:
    key, signed = browser_key(site), token(site)
    client.post("/v1/events", json={"events": []}, headers=headers(key, signed))
    asked = {"Origin": SHOP, "Access-Control-Request-Method": "POST"}
    preflight = client.options("/v1/events", headers=asked)
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Methods"] == "POST"
    allowed = preflight.headers["Access-Control-Allow-Headers"].split(", ")
    assert {"authorization", "content-type", "x-pasand-session", "x-pasand-member"} == set(allowed)
    answers = [
        preflight,
        client.post("/v1/events", json={"events": []}, headers=headers(key, signed)),
        client.post("/v1/events", json={"events": []}, headers=headers(key, "old")),
        client.post("/v1/events", content=b"x" * 600_000, headers=headers(key, signed)),
    ]
    assert [answer.status_code for answer in answers] == [204, 202, 403, 413]
    for answer in answers:
        assert answer.headers["Access-Control-Allow-Origin"] == SHOP
        assert "Origin" in answer.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
    for path in ("/v1/page", "/v1/sessions", "/home", "/"):
        assert "Access-Control-Allow-Origin" not in client.get(path, headers=asked).headers
    for name in ("tracker", "outbox", "signals"):
        module = client.get(f"/static/{name}.js", headers=asked)
        assert module.headers["Access-Control-Allow-Origin"] == "*"
    assert client.options("/v1/events").status_code == 405


@pytest.mark.parametrize(
    "origin",
    ("", "*", "shop.example", "https://*.shop.example", "https://shop.example/", "null",
     "https://Shop.example", "https://shop.example:443", "http://shop.example:80",
     "ftp://shop.example", "https://a b", "file://x"),
)  # fmt: skip
def test_an_origin_is_said_as_browsers_say_it(origin: str) -> None:
    with pytest.raises(InvalidInput, match="origin"):
        new_browser_key("shop", (SHOP, origin), 1)


def test_a_window_of_another_member_does_not_go_on_as_this_one(site: Running) -> None:
    with site.browser("m1") as session:
        for said, status in (("m1", 202), ("m2", 403)):
            body = {"events": [event(f"window-{said}")]}
            answer = session.post("/v1/events", json=body, headers={"X-Pasand-Member": said})
            assert answer.status_code == status
    assert site.home.engine.stores.log.find("window-m2") is None


def test_the_command_makes_and_lists_browser_keys(tmp_path: Path) -> None:
    home = tmp_path / "home"
    open_home(home, create=True).close()
    commands = CliRunner()

    def run(*words: str) -> str:
        done = commands.invoke(app, ["key", *words, "--home", str(home)])
        if done.exception is not None:
            raise done.exception
        return done.stdout

    made = json.loads(run("create", "shop", "--browser", "--origin", SHOP, "--json"))
    assert made["secret"].startswith("bk_")
    listed = json.loads(run("list", "--json"))["keys"]
    assert [(key["scopes"], key["origins"], key["visitors"]) for key in listed] == [
        (["events:write"], [SHOP], False)
    ]
    assert SHOP in run("list")
    for wrong in (("--browser",), ("--origin", SHOP), ("--visitors",),
                  ("--browser", "--origin", SHOP, "--scope", "admin")):  # fmt: skip
        with pytest.raises(InvalidInput):
            run("create", *wrong)
