"""GET /v1/page and what explains it."""

from __future__ import annotations

import re
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from pasand.domain.ids import check_id
from pasand.domain.maturity import AGE_MAX
from pasand.domain.times import time_ms
from pasand.errors import InvalidInput, NotAllowed, NotFound
from pasand.flows.engine import Engine, PageRequest
from pasand.web.answers import Json
from pasand.web.context import (
    caller_of,
    desk_of,
    device_of,
    parameters,
    session_ceiling,
    whole,
)
from pasand.web.language import language_of, locale_of

__all__ = ["get_explanation", "get_page", "page_request"]

_PAGE = (
    "member_id", "device", "surface", "country", "locale", "rows", "columns", "cursor", "at",
)  # fmt: skip

#: A score part in words, for "why this?".
PART_WORDS = {
    "covisit": "What members take after what you took last",
    "ease": "Members with a history like yours chose it",
    "ials": "Members with a history like yours chose it",
    "sequence": "What comes next after all you took, in its order",
    "popular": "Popular with everybody these weeks",
    "trending": "Rising since yesterday",
    "taste": "Its genres, themes and people suit your taste",
    "fresh": "New on the service",
    "kind": "Of the years, the length and the language that you choose",
    "context": "Fits this hour and device",
    "opinion": "Liked by most who rate it",
    "searched": "It matches what you searched for",
    "looked": "You looked at it and its like for a while",
    "seen": "Not shown too often yet",
    "own": "You began it or put it on your list",
    "offer": "How long it has been here, its age limit and price",
    "disliked": "Unlike what you turned down",
}


async def get_page(request: Request) -> Response:
    """Answer with a whole page."""
    caller = caller_of(request)
    desk = desk_of(request)
    found = parameters(request, *_PAGE)
    if caller.member_id:
        found.setdefault("member_id", caller.member_id)
    asked = page_request(desk.engine, found)
    caller.allow("page:read", asked.member_id)
    if asked.at_ms is not None and caller.member_id:
        raise NotAllowed("at is for server keys only.", field="at")
    with desk.meters.page_seconds.time():
        made = await desk.pages.make("json", asked)
    desk.meters.pages.labels(made.level).inc()
    return Response(made.body, media_type="application/json")


def page_request(engine: Engine, found: dict[str, str]) -> PageRequest:
    """Return the request behind a query string."""
    limits = engine.settings.limits
    if "member_id" not in found:
        raise InvalidInput("member_id is missing.", field="member_id", fix="Say whose page it is.")
    country = found.get("country", "").upper()
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        raise InvalidInput(f"country is {country[:20]!r}.", field="country", fix="Use a code: IN.")
    surface = found.get("surface", "home")
    if surface not in ("home", "browse"):
        raise InvalidInput(f"surface is {surface[:20]!r}.", field="surface", fix="home or browse.")
    cursor = found.get("cursor", "")
    return PageRequest(
        member_id=check_id(found["member_id"], "member_id"),
        device=device_of(found),
        surface=surface if not cursor else "browse",
        country=country,
        locale=locale_of(found.get("locale", "")),
        row_count=whole(found, "rows", 1, limits.row_count_max),
        column_count=whole(found, "columns", 1, limits.column_count_max),
        at_ms=time_ms(found["at"], "at") if "at" in found else None,
        cursor=check_id(cursor, "cursor") if cursor else "",
    )


async def get_explanation(request: Request) -> Json:
    """Answer why an item stands in its cell, from what was logged when the page was served."""
    caller = caller_of(request)
    caller.allow("page:read")
    found = parameters(request, "page_id", "row", "column")
    page_id = check_id(found.get("page_id", ""), "page_id")
    row, column = whole(found, "row", 0, 999), whole(found, "column", 0, 999)
    engine = desk_of(request).engine
    page = await run_in_threadpool(engine.pages.find, page_id)
    if page is None:
        raise NotFound(f"There is no page {page_id}.", field="page_id")
    member_id, payload = page
    caller.allow("page:read", member_id)
    rows = payload["rows"]
    if row is None or column is None or row >= len(rows) or column >= len(rows[row]["items"]):
        raise NotFound("There is no such cell on the page.", field="row")
    ceiling = session_ceiling(engine, caller)
    item = engine.catalog.item(rows[row]["items"][column])
    if item is not None and item.maturity > ceiling:
        raise NotFound("There is no such cell on the page.", field="row")
    member = engine.members.get(member_id)
    locale = member.language if member is not None else ""
    return Json(explanation(engine, rows[row], column, ceiling, locale))


def explanation(
    engine: Engine, block: dict[str, Any], column: int, ceiling: int = AGE_MAX, locale: str = ""
) -> dict[str, Any]:
    """Return why one cell of a logged row is there; no title above ``ceiling`` is named."""

    def at(name: str, default: Any) -> Any:
        value = block.get(name)
        return value[column] if isinstance(value, list) else default if value is None else value

    parts = {name: values[column] for name, values in block.get("parts", {}).items()}
    total = sum(value for value in parts.values() if value > 0) or 1
    cause = engine.catalog.item(at("cause", ""))
    if cause is not None and cause.maturity > ceiling:
        cause = None
    row_cause = engine.catalog.item(str(block.get("row_id", "")).removeprefix("because:"))
    language = language_of(locale)
    say = language.say
    hidden_cause = row_cause is not None and row_cause.maturity > ceiling
    return {
        "item_id": block["items"][column],
        "row": say("reason.because")
        if hidden_cause
        else language.heading(block["title"], block.get("values")),
        "reason": f"It follows from {cause.title}"
        if cause
        else say(f"reason.{at('reason', '') or 'untried'}"),
        "parts": [
            {"name": name, "label": PART_WORDS[name], "share": round(value / total, 3)}
            for name, value in sorted(parts.items(), key=lambda entry: -entry[1])
            if value > 0
        ],
        "because": cause and {"item_id": cause.item_id, "title": cause.title},
        "propensity": at("propensity", 1.0),
        "artwork_id": at("artworks", ""),
        "artwork_propensity": at("artwork_propensity", 1.0),
        "picture": "One of its other pictures, drawn to learn which works"
        if at("artwork_propensity", 1.0) < 0.5
        else "The picture that members have played most so far",
    }
