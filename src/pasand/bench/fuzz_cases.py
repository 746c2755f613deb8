"""Requests as nobody should send them: one case a number, the same on every run.

Each begins as a good request and is spoilt in a few places, or in none, so that all depths of
the server are reached: addresses, methods, credentials, parameters, headers, encodings, bodies.
"""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pasand.domain.catalog import ITEM_TYPES
from pasand.domain.events import CALLER_KINDS, DEVICES

__all__ = ["ADDRESSES", "Case", "case_of"]

#: Addresses that the document does not describe: pages for people, the owner's own, files, none.
ADDRESSES = (
    "/", "/home", "/taste", "/taste/export", "/pin", "/session", "/session/key", "/session/leave",
    "/owner/batch", "/owner/ledger", "/schema", "/artwork/i1.a0", "/artwork/i1.a0/forged?w=320",
    "/artwork/..%2f..%2fpasand.toml", "/artwork/%2e%2e/%2e%2e/pasand.toml", "/artwork/i1%00.jpg",
    "/static/home.js", "/static/../app.py", "/static/..%2f..%2fapp.py", "/static/%2e%2e/app.py",
    "/static//etc/passwd", "/static/%00", "/static/", "/v1", "/v1/", "/v1/events/", "//v1/page",
    "/v1/%70age", "/v2/page", "/%", "/%ff%fe", "/*", "/.git/config", "/pasand.toml",
)  # fmt: skip
#: Documented addresses that much can be sent to; each of the others has one share.
_OFTEN = ("/v1/events",) * 6 + ("/v1/page", "/v1/items/{item_id}", "/v1/members/{member_id}")
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "QUERY", "get")
_TEXTS = (
    "", " ", "i1", "m1", "kid", "0", "-1", "1", "007", "1e3", "99999999999999999999", "NaN", "null",
    "x" * 129, "x" * 5000, "é", "\u202e", "\U0001f600", "a\x00b", "../../etc/passwd", "%2e%2e",
    "a/b", "a b", "<script>", "{{7*7}}", "'; DROP TABLE event;--", "٣", "İ", "2026-05-17",
    "2026-13-01T00:00:00Z", "0000-01-01", "9999-12-31T23:59:59.999999999Z", "1969-12-31",
    "2026-05-17T20:15:00+25:00", "tv", "home", "IN", "en-IN", "genre:Drama", "occasion:new",
)  # fmt: skip
_DEEP: Any = "bottom"
for _ in range(40):
    _DEEP = {"in": [_DEEP]}
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 0.5, -0.0, 1e308, 5e-324, 2**31, 2**53 + 1, 2**63, 2**64,
    -(2**63) - 1, 10**40, float("nan"), float("inf"), -float("inf"), [], {}, [[]], [None], {"": 0},
    {"a": {"b": []}}, _DEEP, "\ud800", list(range(200)), ["x"] * 65, ["genre:Drama"], *_TEXTS,
)  # fmt: skip
_PARAMETERS = ("q", "member_id", "device", "surface", "country", "locale", "rows",
               "columns", "cursor", "at", "page_id", "row", "column", "k", "w", "utm_source", "",
               "é")  # fmt: skip
_EVENT_FIELDS = (
    "event_id", "kind", "occurred_at", "member_id", "account_id", "item_id", "artwork_id",
    "device", "device_id", "session_id", "request_id", "page_id", "surface", "row", "column",
    "country", "language", "time_zone", "consent", "variants", "payload", "extra", "value",
    "text", "position_s", "duration_s", "dwell_ms", "unheard_of",
)  # fmt: skip
_ITEM_FIELDS = (
    "item_id", "title", "type", "genres", "tags", "people", "year", "maturity", "released",
    "available_from", "available_until", "regions", "runtime_minutes", "synopsis", "series_id",
    "season", "price", "stock", "artworks", "extra", "unheard_of",
)  # fmt: skip
_MEMBER_FIELDS = ("member_id", "account_id", "name", "kids", "maturity_ceiling", "language",
                  "country", "time_zone", "personalised", "age")  # fmt: skip
_HEADERS = (
    (b"Content-Type", b"text/plain"), (b"Content-Type", b"application/json; charset=utf-16"),
    (b"Content-Type", b"multipart/form-data"), (b"Content-Type", b"\xff"), (b"Accept", b"image/*"),
    (b"Content-Encoding", b"gzip"), (b"Content-Encoding", b"br, gzip"), (b"Range", b"bytes=9-1"),
    (b"Range", b"bytes=0-0,2-3,-9"), (b"If-None-Match", b'"x"'), (b"Origin", b"https://evil.test"),
    (b"Origin", b"null"), (b"If-Modified-Since", b"yesterday"), (b"X-Forwarded-For", b"::1"),
    (b"Cookie", b"pasand_session=%%%"), (b"Cookie", b"pasand_session=YQ==~00; ; =;"),
    (b"Cookie", b"pasand_session=" + b"A" * 3000), (b"Cookie", b"pasand_operator=\xe9"),
    (b"X-Pasand-Member", b"m2"), (b"X-Pasand-Session", b"m1|0|zz"), (b"Expect", b"200-ok"),
    (b"X-Request-Id", b"\xf0\x9f"), (b"Upgrade", b"websocket"), (b"User-Agent", b""),
    (b"Access-Control-Request-Method", b"POST"), (b"Accept-Language", b"q;;;=,*"),
)  # fmt: skip
_KEYS = (b"", b"Bearer", b"Bearer sk_", b"Bearer sk_wrong", b"Bearer pk_wrong", b"Basic bTE6cA==",
         b"Bearer \xff\xfe", b"bearer  x y", b"Bearer " + b"s" * 3000)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One request, ready to be sent. ``path`` is the documented one it was made for, or ""."""

    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    path: str = ""
    plain: bool = True

    def encoded(self) -> bytes:
        """Return the bytes of the request."""
        lines = [f"{self.method} {self.target} HTTP/1.1".encode("latin-1", "replace")]
        lines += [name + b": " + value for name, value in self.headers]
        lines.append(b"Content-Length: %d" % len(self.body))
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


def case_of(
    seed: int, number: int, paths: Mapping[str, Mapping[str, Any]], key: bytes, page_id: str = ""
) -> Case:
    """Return case ``number``: of the documented ``paths`` mostly, signed with ``key`` mostly."""
    chance = random.Random(f"{seed} {number}")
    headers = [(b"Host", b"127.0.0.1")]
    # The owner's door and the sessions' are tried with wrong keys only: a good one opens them.
    if chance.random() < 0.12:
        target = chance.choice(ADDRESSES)
        method = chance.choice(_METHODS) if chance.random() < 0.6 else "GET"
        headers += _spoilt_headers(chance, key, good=0.3)
        body = _spoilt_body(chance, number) if method in ("POST", "PUT") else b""
        return Case(method, target, tuple(headers), body)
    path = chance.choice([*paths, *_OFTEN])
    method = chance.choice(list(paths[path])).upper()
    plain = True
    if chance.random() < 0.04:
        method = chance.choice(_METHODS)
    target = path
    for name in ("{item_id}", "{member_id}"):
        if name in target:
            value = _id(chance, name[1])
            plain = plain and value.isalnum()
            target = target.replace(name, quote(value, safe=chance.choice(("", "/.%"))))
    target += _query(chance, path, method, page_id)
    headers += _spoilt_headers(chance, key, good=0.9)
    body = b""
    if method in ("POST", "PUT") or chance.random() < 0.02:
        body = _body(chance, path, number)
    return Case(method, target, tuple(headers), body, path, plain)


def _id(chance: random.Random, letter: str) -> str:
    if chance.random() < 0.85:
        return f"{letter}{chance.randrange(40)}"
    return chance.choice(_TEXTS)


def _query(chance: random.Random, path: str, method: str, page_id: str) -> str:
    pairs: list[tuple[str, str]] = []
    if path == "/v1/page":
        # Small pages: the limits are tried too, but a whole page each time would be slow.
        pairs += [("member_id", _id(chance, "m")), ("rows", "2"), ("columns", "3")]
    elif path == "/v1/explain":
        pairs += [("page_id", page_id), ("row", chance.choice("012")), ("column", "1")]
    if chance.random() < 0.25:
        for _ in range(chance.randrange(1, 3)):
            pairs.append((chance.choice(_PARAMETERS), chance.choice(_TEXTS)))
        if chance.random() < 0.5:
            pairs = list(dict(pairs).items())
    if not pairs:
        return ""
    if chance.random() < 0.02:
        return "?" + chance.choice(("%", "&&=&", "=", "a=%ff", "member_id", "?", "x" * 8000))
    return "?" + "&".join(f"{quote(n)}={quote(v, safe='')}" for n, v in pairs)


def _spoilt_headers(chance: random.Random, key: bytes, good: float) -> list[tuple[bytes, bytes]]:
    headers = []
    if chance.random() < good:
        headers.append((b"Authorization", b"Bearer " + key))
    elif chance.random() < 0.7:
        headers.append((b"Authorization", chance.choice(_KEYS)))
    if chance.random() < 0.15:
        headers += chance.sample(_HEADERS, chance.randrange(1, 3))
    return headers


def _body(chance: random.Random, path: str, number: int) -> bytes:
    if path == "/v1/events":
        events = [_event(chance, number, place) for place in range(chance.randrange(4))]
        made: Any = {"events": events}
        if chance.random() < 0.1:
            made["sent_at"] = chance.choice(_VALUES)
    elif path.endswith("/artworks"):
        address = chance.choice(("https://localhost/a.jpg", "file:///etc/passwd", ""))
        made = _spoilt(chance, {"address": address}, ("address", "x"))
    elif path.startswith("/v1/items"):
        made = _spoilt(chance, _item(chance), _ITEM_FIELDS)
    elif path.endswith("/taste"):
        made = {chance.choice(("reset", "mute", "unmute", "x")): [chance.choice(_TEXTS)]}
        made = _spoilt(chance, made, ("reset", "mute", "unmute"))
    elif path.endswith("/personalisation"):
        made = _spoilt(chance, {"personalised": chance.random() < 0.8}, ("personalised", "x"))
    elif path.endswith("/pin"):
        made = _spoilt(chance, {"pin": chance.choice(("", "1234"))}, ("pin", "current"))
    elif path.startswith("/v1/sessions"):
        made = _spoilt(chance, {"member_id": _id(chance, "m")}, ("member_id", "x"))
    else:
        member = {"name": "Ann", "country": "IN", "time_zone": "Asia/Kolkata"}
        made = _spoilt(chance, member, _MEMBER_FIELDS)
    if chance.random() < 0.04:
        return _spoilt_body(chance, number)
    text = json.dumps(made, ensure_ascii=chance.random() < 0.5)
    body = text.encode("utf-8", "surrogatepass")
    return _torn(chance, body) if chance.random() < 0.06 else body


def _event(chance: random.Random, number: int, place: int) -> Any:
    kind = chance.choice(CALLER_KINDS)
    event: dict[str, Any] = {
        "event_id": f"e{number}.{place}",
        "kind": kind,
        "member_id": f"m{chance.randrange(40)}",
        "item_id": f"i{chance.randrange(40)}",
    }
    if chance.random() < 0.3:
        event["device"] = chance.choice(DEVICES)
    if kind in ("thumb", "rating"):
        event["value"] = 1
    elif kind == "search_query":
        event["text"] = "rain"
    elif chance.random() < 0.3:
        event["payload"] = {"position_s": 60, "duration_s": 3600}
    return _spoilt(chance, event, _EVENT_FIELDS)


def _item(chance: random.Random) -> dict[str, Any]:
    return {
        "title": f"Title {chance.randrange(99)}",
        "type": chance.choice(ITEM_TYPES),
        "genres": ["Drama", "Crime"][: chance.randrange(3)],
        "maturity": chance.choice((0, 8, 13, 18)),
        "artworks": [{"artwork_id": "a0", "file": "a.jpg"}],
    }


def _spoilt(chance: random.Random, made: dict[str, Any], fields: tuple[str, ...]) -> Any:
    """Return the object with none, one or two fields given another value, or left out."""
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        name = chance.choice(fields)
        if chance.random() < 0.15:
            made.pop(name, None)
        else:
            made[name] = chance.choice(_VALUES)
    return chance.choice(_VALUES) if chance.random() < 0.02 else made


def _torn(chance: random.Random, body: bytes) -> bytes:
    """Return bytes with a piece lost, doubled or overwritten."""
    start = chance.randrange(len(body) + 1)
    end = min(len(body), start + chance.randrange(1, 9))
    middle = chance.choice((b"", body[start:end] * 2, b"\x00", b"\xff\xfe", b"NaN", b'"', b"}{"))
    return body[:start] + middle + body[end:]


def _spoilt_body(chance: random.Random, number: int) -> bytes:
    """Return a body that is no record at all."""
    depth = chance.choice((10, 2_000, 60_000))
    made = (
        b"", b"{", b"nothing", b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b"null", b"[]", b'""',
        b"1e999", b"-" * 50, b"[" * depth, b"[" * depth + b"]" * depth,
        b'{"a":' * depth + b"1" + b"}" * depth, b'{"title":"a","title":"b","title":1}',
        b'{"events":[{"event_id":"d%d","event_id":"e"}]}' % number, b'{"events":[1e400,01]}',
        zlib.compress(b'{"events":[]}'), b"\x1f\x8b\x08\x00broken", b"key=sk_x&member_id=m1",
        b"%ff=%00&&&=", b" " * chance.choice((10, 40_000, 520_000)), b"\x93\x01\x02\xc1",
    )  # fmt: skip
    return chance.choice(made)
