"""POST /v1/members/{id}/merge: an anonymous visitor logged in, and was this member all along."""

from __future__ import annotations

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from pasand.domain.ids import check_id
from pasand.web.answers import Json, body_of, json_of
from pasand.web.context import caller_of, desk_of

__all__ = ["MergeRequest", "post_merge"]

_BODY_BYTES_MAX = 1_000


class MergeRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The body: the id under which the visitor's events were sent."""

    visitor_id: str


async def post_merge(request: Request) -> Json:
    """Make a visitor's history the member's; the same again changes nothing."""
    member_id = check_id(request.path_params["member_id"], "member_id")
    caller_of(request).allow("members:write")
    asked: MergeRequest = json_of(await body_of(request, _BODY_BYTES_MAX), MergeRequest)
    visitor_id = check_id(asked.visitor_id, "visitor_id")
    engine = desk_of(request).engine
    merged = await run_in_threadpool(engine.merge_visitor, member_id, visitor_id)
    return Json({"member_id": member_id, "visitor_id": visitor_id, "merged": merged})
