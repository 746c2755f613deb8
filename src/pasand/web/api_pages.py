"""GET /v1/page."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from pasand.domain.ids import check_id
from pasand.domain.times import time_ms
from pasand.errors import InvalidInput, NotAllowed
from pasand.flows.engine import Engine, PageRequest
from pasand.web.context import (
    caller_of,
    desk_of,
    device_of,
    parameters,
    whole,
)
from pasand.web.language import locale_of

__all__ = ["get_page", "page_request"]

_PAGE = (
    "member_id", "device", "surface", "country", "locale", "rows", "columns", "cursor", "at",
)  # fmt: skip


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
