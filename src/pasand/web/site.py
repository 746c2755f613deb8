"""The member's pages: who's watching, the home page, sessions, and pictures."""

from __future__ import annotations

import mimetypes
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from pasand.domain.ids import check_id
from pasand.domain.maturity import AGE_MAX
from pasand.domain.member import Member
from pasand.errors import NotAllowed, NotFound
from pasand.flows.engine import PageRequest
from pasand.web.access import COOKIE
from pasand.web.context import (
    Desk,
    caller_of,
    desk_of,
    parameters,
    same_origin,
    session_ceiling,
)
from pasand.web.kids_lock import lock_or_free, locked_by, may_go_to
from pasand.web.language import locale_of
from pasand.web.rendering import device_said, form_of, html, member_shown, put_cookie

__all__ = ["choose_member", "enter_key", "get_artwork", "get_home", "get_members", "leave"]

OPERATOR_COOKIE = "pasand_operator"
WIDTHS = ("320", "480", "640", "1280")
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


async def get_artwork(request: Request) -> Response:
    """Send a picture; ``w`` is one of the preset widths."""
    desk = desk_of(request)
    artwork_id = check_id(request.path_params["artwork_id"], "artwork_id")
    width = parameters(request, "w", "title").get("w", "640")
    if width not in WIDTHS:
        raise NotFound(f"There is no width {width[:12]}.", field="w", fix=", ".join(WIDTHS))
    ceiling = await run_in_threadpool(_picture_ceiling, desk, request)
    return await run_in_threadpool(_picture, desk, artwork_id, int(width), ceiling)


def _picture_ceiling(desk: Desk, request: Request) -> int:
    """Return the age a picture's title may have: pictures are open, but not in a kid's session."""
    cookie = request.cookies.get(COOKIE, "")
    if not cookie:
        return AGE_MAX
    try:
        caller = desk.access.by_cookie(cookie, desk.engine.now_ms())
    except NotAllowed:
        return AGE_MAX
    return session_ceiling(desk.engine, caller)


def _picture(desk: Desk, artwork_id: str, width: int, ceiling: int) -> Response:
    catalog = desk.engine.catalog.snapshot()
    code = catalog.artwork.code.get(artwork_id)
    if code is None:
        raise NotFound(f"There is no artwork {artwork_id}.", field="artwork_id")
    # Two items may share a picture: any of its holders tells the file, one young enough allows it.
    holders = [catalog.items[int(at)] for at in catalog.artwork.having(code)]
    holder = min(holders, key=lambda item: item.maturity)
    if holder.maturity > ceiling:
        raise NotFound(f"There is no artwork {artwork_id}.", field="artwork_id")
    artwork = next(one for one in holder.artworks if one.artwork_id == artwork_id)
    path = (desk.artwork / artwork.file).resolve()
    if desk.draw is not None and width > 640:
        path = (desk.draw(artwork_id, width) or path).resolve()
    if not path.is_relative_to(desk.artwork.resolve()) or not path.is_file():
        raise NotFound(f"The picture {artwork_id} is missing.", field="artwork_id")
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    # What one session may see another may not, so only the member's own browser keeps it.
    keep = {"Cache-Control": "private, max-age=86400, immutable", "Vary": "Cookie"}
    return FileResponse(path, media_type=kind, headers=keep)


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
