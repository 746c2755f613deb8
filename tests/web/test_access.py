"""Goal: everybody gets what their key or session may have, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest

from conftest import Running
from pasand.domain.member import Member
from pasand.testing import samples
from pasand.web.access import SCOPES, new_key, revoked
from pasand.web.routes import ROUTES, Operation

SCOPED = [operation for operation in ROUTES if operation.scope]
OPEN = ("/health/live", "/health/ready", "/metrics", "/schema", "/", "/static/home.js")


def call(client: httpx.Client, method: str, path: str, **fields: object) -> httpx.Response:
    path = path.format(item_id="i1", member_id="m1", rule_id="r1")
    params = {"member_id": "m1"} if path in ("/v1/page", "/v1/search") else None
    body = {"title": "T"} if method == "PUT" and "items" in path else {}
    if path == "/v1/events":
        body = {"events": []}
    content = {"json": body} if method in ("PUT", "POST") else {}
    return client.request(method, path, params=params, **content, **fields)  # type: ignore[arg-type]


def error_of(answer: httpx.Response, status: int) -> dict[str, str]:
    assert answer.status_code == status, answer.text[:300]
    error: dict[str, str] = answer.json()["error"]
    assert error["message"] and error["fix"] is not None
    return error


@pytest.mark.parametrize("operation", SCOPED, ids=lambda one: f"{one.method} {one.path}")
def test_every_scoped_route_needs_a_key_that_may(site: Running, operation: Operation) -> None:
    method, path, scope = operation.method, operation.path, operation.scope
    with site.browser() as nobody:
        error = error_of(call(nobody, method, path), 401)
        assert "pasand key create" in error["fix"]
        bad = {"Authorization": "Bearer sk_wrong"}
        error_of(call(nobody, method, path, headers=bad), 403)
        odd = {"Authorization": "Basic sk_wrong"}
        error_of(call(nobody, method, path, headers=odd), 401)
    others = [name for name in SCOPES if name not in (scope, "admin")]
    with site.client(*others) as wrong:
        error = error_of(call(wrong, method, path), 403)
        assert scope in error["fix"]


@pytest.mark.parametrize("scope", ("page:read", "admin"))
def test_the_right_scope_or_admin_opens(site: Running, scope: str) -> None:
    with site.client(scope) as client:
        assert call(client, "GET", "/v1/page").status_code == 200


@pytest.mark.parametrize("path", OPEN)
def test_open_routes_need_no_key(site: Running, path: str) -> None:
    with site.browser() as nobody:
        assert nobody.get(path).status_code == 200


@pytest.mark.parametrize("path", ("/owner/batch", "/owner/ledger"))
def test_the_owners_routes_are_for_the_owner_alone(site: Running, path: str) -> None:
    with site.client("admin") as admin:
        error_of(admin.post(path, content=b"{}"), 403)
    with site.browser("m1") as session:
        error_of(session.post(path, content=b"{}"), 403)


def test_a_revoked_key_stops_working(site: Running) -> None:
    ledger = site.home.engine.stores.ledger
    key, secret = new_key("doomed", ("page:read",), 1)
    ledger.put_key(key)
    headers = {"Authorization": f"Bearer {secret}"}
    with site.browser() as client:
        assert call(client, "GET", "/v1/page", headers=headers).status_code == 200
        ledger.put_key(revoked(ledger.keys(), key.key_id, 2))
        # The server reads its keys again every second; an unknown key makes it do so at once.
        error_of(call(client, "GET", "/v1/page", headers={"Authorization": "Bearer no"}), 403)
        error_of(call(client, "GET", "/v1/page", headers=headers), 403)


def test_a_stored_key_never_holds_the_secret(site: Running) -> None:
    secret = site.key()
    stored = site.home.engine.stores.ledger.keys()
    assert stored and not any(secret in repr(key) for key in stored)
    data = (site.home.path / "store.db").read_bytes()
    data += (site.home.path / "store.db-wal").read_bytes()
    assert secret.encode() not in data


# Sessions


@pytest.fixture
def session(site: Running) -> Iterator[httpx.Client]:
    with site.browser("m1") as client:
        yield client


def test_a_session_reads_its_own_page_and_no_others(session: httpx.Client) -> None:
    own = session.get("/v1/page")
    assert own.status_code == 200 and own.json()["member_id"] == "m1"
    assert error_of(session.get("/v1/page?member_id=m2"), 403)["field"] == "member_id"
    assert error_of(session.get("/v1/page?at=2026-01-01"), 403)["field"] == "at"


def test_a_session_may_not_read_or_write_records(session: httpx.Client) -> None:
    error_of(session.get("/v1/members/m2/profile"), 403)
    error_of(session.get("/v1/members/m2"), 403)
    error_of(session.put("/v1/items/i1", json={"title": "Mine"}), 403)
    error_of(session.delete("/v1/members/m1"), 403)


def test_a_session_explains_its_own_pages_only(site: Running, session: httpx.Client) -> None:
    with site.browser("m2") as other:
        page_id = other.get("/v1/page").json()["page_id"]
        cell = {"page_id": page_id, "row": 0, "column": 0}
        answer = other.get("/v1/explain", params=cell)
        assert answer.status_code == 200 and answer.json()["reason"]
    error_of(session.get("/v1/explain", params=cell), 403)


def test_a_session_speaks_for_its_member_alone(site: Running, session: httpx.Client) -> None:
    event = {"event_id": "mine-1", "kind": "play_start", "item_id": "i1"}
    forged = {**event, "event_id": "forged-1", "member_id": "m2"}
    results = session.post("/v1/events", json={"events": [event, forged]}).json()["results"]
    assert [result["status"] for result in results] == ["accepted", "rejected"]
    stored = site.home.engine.stores.log.find("mine-1")
    assert stored is not None and stored.event.member_id == "m1"
    assert stored.event.country == "IN" and stored.event.time_zone == "Asia/Kolkata"
    assert site.home.engine.stores.log.find("forged-1") is None


@pytest.mark.parametrize(
    "cookie", ("", "~", "x~y", "bTF8OTk5OTk5OTk5OTk5OTk~0", "é~é", "bTF8~", "a" * 5000)
)
def test_a_made_up_cookie_is_refused(site: Running, cookie: str) -> None:
    with site.browser() as client:
        headers = [(b"Cookie", b"pasand_session=" + cookie.encode())]
        answer = client.get("/v1/page?member_id=m1", headers=headers)
    assert answer.status_code in (401, 403)


def test_a_cookie_of_one_member_cannot_become_anothers(site: Running) -> None:
    with site.browser("m1") as client:
        signed = client.cookies["pasand_session"].strip('"')
    body, _, signature = signed.partition("~")
    with site.browser("m2") as other:
        their_body = other.cookies["pasand_session"].strip('"').partition("~")[0]
    with site.browser() as forger:
        forger.cookies.set("pasand_session", f"{their_body}~{signature}")
        error_of(forger.get("/v1/page"), 403)
        forger.cookies.clear()
        forger.cookies.set("pasand_session", signed)
        assert forger.get("/v1/page").status_code == 200
    assert body


def test_a_session_ends(fresh: Callable[..., Running]) -> None:
    text = "[web]\nopen_profiles = true\nsession_hours = 0\n"
    site = fresh(settings_text=text)
    with site.browser("m1") as client:
        for _ in range(50):
            if client.get("/v1/page").status_code == 403:
                return
    raise AssertionError("a session of no hours goes on")


@pytest.mark.parametrize("origin", ("https://evil.example", "null", "http://localhost:1"))
def test_another_sites_page_cannot_use_a_session(
    site: Running, session: httpx.Client, origin: str
) -> None:
    body = {"events": [{"event_id": f"csrf-{len(origin)}", "kind": "view", "item_id": "i1"}]}
    headers = {"Origin": origin}
    assert (
        error_of(session.post("/v1/events", json=body, headers=headers), 403)["field"] == "origin"
    )
    error_of(session.post("/session", data={"member_id": "m2"}, headers=headers), 403)
    error_of(session.post("/session/leave", headers=headers), 403)
    assert session.get("/v1/page").json()["member_id"] == "m1"
    own = session.post("/v1/events", json=body, headers={"Origin": site.url})
    assert own.status_code == 202


def test_leaving_ends_the_session(session: httpx.Client) -> None:
    assert session.post("/session/leave").status_code == 303
    assert session.get("/v1/page").status_code == 401
    assert session.get("/home").headers["location"] == "/"


def test_the_session_cookie_is_out_of_reach_of_scripts(site: Running) -> None:
    with site.browser() as client:
        answer = client.post("/session", data={"member_id": "m1"})
    flags = answer.headers["set-cookie"].lower()
    assert "httponly" in flags and "samesite=lax" in flags


def test_a_stranger_cannot_be_chosen(site: Running) -> None:
    with site.browser() as client:
        error_of(client.post("/session", data={"member_id": "nobody"}), 404)
        error_of(client.post("/session", data={"member_id": "../x"}), 400)
        error_of(client.post("/session", content=b"member_id=" + b"x" * 5000), 413)


def test_closed_profiles_need_a_key_that_may_read_members(fresh: Callable[..., Running]) -> None:
    site = fresh(settings_text="")
    with site.browser() as client:
        asked = client.get("/")
        assert "Enter your key" in asked.text and "Ann" not in asked.text
        error_of(client.post("/session", data={"member_id": "m1"}), 403)
        weak = site.key("page:read")
        error_of(client.post("/session/key", data={"key": weak}), 403)
        error_of(client.post("/session/key", data={"key": "sk_wrong"}), 403)
        good = site.key("members:read")
        answer = client.post("/session/key", data={"key": good})
        assert answer.status_code == 303 and good not in str(answer.headers)
        assert "Ann" in client.get("/").text
        assert client.post("/session", data={"member_id": "m1"}).status_code == 303
        assert client.get("/home").status_code == 200


# Maturity holds on every path a member's session has.


def test_a_kids_session_is_never_shown_what_is_too_old(site: Running) -> None:
    ages = {row.item_id: row.maturity for row in samples.items(60)}
    with site.browser("kid") as client:
        page = client.get("/v1/page?rows=60&columns=60").json()
        shown = [cell["item_id"] for row in page["rows"] for cell in row["cells"]]
        assert shown and max(ages[name] for name in shown) <= 8
        similar = client.get("/v1/items/i0/similar?k=200").json()["items"]
        assert similar and max(ages[one["item_id"]] for one in similar) <= 8
        assert "17+" not in client.get("/home").text
        assert client.get("/v1/items/i0").status_code == 200
        error_of(client.get("/v1/items/i4"), 404)


def test_an_unknown_member_has_the_installations_ceiling(fresh: Callable[..., Running]) -> None:
    site = fresh(settings_text="[serve]\ndefault_ceiling = 13\n")
    ages = {row.item_id: row.maturity for row in samples.items(60)}
    with site.client() as client:
        page = client.get("/v1/page?member_id=stranger&rows=60&columns=60").json()
    shown = [cell["item_id"] for row in page["rows"] for cell in row["cells"]]
    assert shown and max(ages[name] for name in shown) == 13 and page["degraded"] is None


def test_a_lower_ceiling_holds_at_once(fresh: Callable[..., Running]) -> None:
    site = fresh()
    ages = {row.item_id: row.maturity for row in samples.items(60)}
    site.home.engine.put_member(Member(member_id="m2", maturity_ceiling=0))
    with site.client() as client:
        page = client.get("/v1/page?member_id=m2&rows=60&columns=60").json()
    shown = [cell["item_id"] for row in page["rows"] for cell in row["cells"]]
    assert shown and max(ages[name] for name in shown) == 0


@pytest.mark.parametrize(
    "path",
    ("/", "/home", "/schema", "/static/home.js", "/v1/page", "/nowhere", "/artwork/x", "/metrics"),
)
def test_every_answer_has_its_security_headers(site: Running, path: str) -> None:
    with site.browser() as client:
        headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] and headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Request-Id"] and "server" not in headers
