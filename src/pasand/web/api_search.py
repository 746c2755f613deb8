"""GET /v1/search: what a member finds by what they type."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from pasand.domain.payloads import SEARCH_TEXT_MAX
from pasand.errors import InvalidInput
from pasand.web.api_pages import page_request
from pasand.web.context import caller_of, desk_of, parameters

__all__ = ["get_search"]


async def get_search(request: Request) -> Response:
    """Answer with the items that fit, best first."""
    caller, desk = caller_of(request), desk_of(request)
    found = parameters(request, "q", "member_id", "device", "country", "locale")
    if caller.member_id:
        found.setdefault("member_id", caller.member_id)
    text = found.pop("q", "").strip()
    asked = replace(page_request(desk.engine, found), search=text)
    caller.allow("page:read", asked.member_id)
    if not text:
        raise InvalidInput("q is empty.", field="q", fix="Say what to search for: q=heat.")
    if len(text) > SEARCH_TEXT_MAX:
        fix = f"Send {SEARCH_TEXT_MAX} letters at most."
        raise InvalidInput(f"q has {len(text):,} letters.", field="q", fix=fix)
    made = await desk.pages.make("search", asked)
    return Response(made.body, media_type="application/json")
