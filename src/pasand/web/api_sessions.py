"""POST /v1/sessions: a shop's server has a member signed, whose events its page may then send."""

from __future__ import annotations

import msgspec
from starlette.requests import Request

from pasand.domain.ids import check_id
from pasand.errors import NotAllowed
from pasand.web.access import TOKEN_MS
from pasand.web.answers import Json, body_of, json_of
from pasand.web.context import caller_of, desk_of

__all__ = ["post_session"]

_BODY_BYTES_MAX = 4_096


class Wanted(msgspec.Struct):
    """The body: whose events the browser will send."""

    member_id: str


async def post_session(request: Request) -> Json:
    """Sign a member for a browser key.

    A key that may write every member's events may let a browser write one's; a session may not,
    or it would never end.
    """
    caller = caller_of(request)
    caller.allow("events:write")
    if caller.member_id:
        raise NotAllowed("Only a server key may sign a member.", fix="Ask from your own server.")
    wanted: Wanted = json_of(await body_of(request, _BODY_BYTES_MAX), Wanted)
    member_id = check_id(wanted.member_id, "member_id")
    desk = desk_of(request)
    token = desk.access.token(member_id, desk.engine.now_ms())
    return Json({"session": token, "member_id": member_id, "expires_in_s": TOKEN_MS // 1000}, 201)
