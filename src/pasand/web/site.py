"""The member's pages: who's watching, the home page, and sessions."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from pasand.domain.ids import check_id
from pasand.domain.member import Member
from pasand.errors import NotAllowed
from pasand.flows.engine import PageRequest
from pasand.web.access import COOKIE
from pasand.web.context import (
    Desk,
    caller_of,
    desk_of,
    same_origin,
)
from pasand.web.kids_lock import lock_or_free, locked_by, may_go_to
from pasand.web.language import locale_of
from pasand.web.rendering import device_said, form_of, html, member_shown, put_cookie

__all__ = ["choose_member", "enter_key", "get_home", "get_members", "leave"]

OPERATOR_COOKIE = "pasand_operator"
_MEMBER_COUNT_MAX = 60


async def get_members(request: Request) -> Response:
    """Show who may watch; where profiles are not open, a key is asked for first."""
    desk = desk_of(request)
    needs_key = not _may_choose(desk, request)
    members: list[Member] = []
    holder = await run_in_threadpool(locked_by, desk, request)
    if not needs_key:
        members = await run_in_threadpool(desk.engine.stores.catalog.members, _MEMBER_COUNT_MAX)
        if holder is not None:
            own = [one for one in members if one.member_id != holder.member_id]
            members = [holder, *(one for one in own if may_go_to(holder, one))]
    return html(
        "members.html",
        page=None,
        accounts=_accounts(members),
        needs_key=needs_key,
        locked=holder is not None,
        title="pasand",
    )


async def enter_key(request: Request) -> Response:
    """Take an operator's key; only keys that may read members open the profiles."""
    desk = desk_of(request)
    form = await form_of(request)
    secret = form.get("key", "")
    desk.access.by_key(secret).allow("members:read")
    answer = RedirectResponse("/", 303)
    cookie = desk.access.operator_cookie(desk.engine.now_ms())
    put_cookie(request, answer, OPERATOR_COOKIE, cookie)
    return answer


async def choose_member(request: Request) -> Response:
    """Begin a session as a member."""
    desk = desk_of(request)
    if not _may_choose(desk, request):
        raise NotAllowed("Choosing a member needs a key here.", fix="Open / and enter a key.")
    form = await form_of(request)
    member_id = check_id(form.get("member_id", ""), "member_id")
    member = await run_in_threadpool(desk.engine.member, member_id)
    holder = await run_in_threadpool(locked_by, desk, request)
    if holder is not None and not may_go_to(holder, member):
        return RedirectResponse("/pin", 303)
    answer = RedirectResponse("/home", 303)
    cookie = desk.access.cookie(member_id, desk.engine.now_ms())
    put_cookie(request, answer, COOKIE, cookie)
    lock_or_free(desk, request, answer, member)
    return answer


async def leave(request: Request) -> Response:
    """End the session; a kids' profile stays locked until the PIN is given."""
    same_origin(request)
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(COOKIE)
    return answer


async def get_home(request: Request) -> Response:
    """Show the member's home page."""
    try:
        caller = caller_of(request)
    except NotAllowed:
        return RedirectResponse("/", 303)
    if not caller.member_id:
        return RedirectResponse("/", 303)
    desk = desk_of(request)
    asked = PageRequest(
        member_id=caller.member_id,
        device=device_said(request),
        locale=locale_of(request.query_params.get("locale", "")),
    )
    with desk.meters.page_seconds.time():
        made = await desk.pages.make("home", asked)
    desk.meters.pages.labels(made.level).inc()
    return HTMLResponse(made.body, headers={"Cache-Control": "no-store"})


def _may_choose(desk: Desk, request: Request) -> bool:
    if desk.engine.settings.web.open_profiles:
        return True
    cookie = request.cookies.get(OPERATOR_COOKIE, "")
    return desk.access.is_operator(cookie, desk.engine.now_ms())


def _accounts(members: list[Member]) -> list[dict[str, Any]]:
    grouped: dict[str, list[dict[str, Any]]] = {}
    for member in members:
        grouped.setdefault(member.account_id, []).append(member_shown(member))
    return [
        {"account_id": account, "name": account, "members": those}
        for account, those in grouped.items()
    ]
