"""The member's pages: who's watching, the home page, sessions, and pictures."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from pasand.domain.ids import check_id
from pasand.domain.member import Member
from pasand.errors import NotAllowed, NotFound
from pasand.flows.engine import PageRequest
from pasand.web.access import COOKIE
from pasand.web.answers import body_of
from pasand.web.context import Desk, caller_of, desk_of, device_of, parameters, same_origin
from pasand.web.page_json import page_json

__all__ = ["choose_member", "enter_key", "get_artwork", "get_home", "get_members", "leave"]

OPERATOR_COOKIE = "pasand_operator"
WIDTHS = ("320", "480", "640", "1280")
_MEMBER_COUNT_MAX = 60

_templates = Environment(
    loader=PackageLoader("pasand.web"), autoescape=True, undefined=StrictUndefined
)


async def get_members(request: Request) -> Response:
    """Show who may watch; where profiles are not open, a key is asked for first."""
    desk = desk_of(request)
    needs_key = not _may_choose(desk, request)
    members: list[Member] = []
    if not needs_key:
        members = await run_in_threadpool(desk.engine.stores.catalog.members, _MEMBER_COUNT_MAX)
    return _html(
        "members.html", page=None, accounts=_accounts(members), needs_key=needs_key, title="pasand"
    )


async def enter_key(request: Request) -> Response:
    """Take an operator's key; only keys that may read members open the profiles."""
    desk = desk_of(request)
    form = await _form(request)
    secret = form.get("key", "")
    desk.access.by_key(secret).allow("members:read")
    answer = RedirectResponse("/", 303)
    cookie = desk.access.operator_cookie(desk.engine.now_ms())
    _set_cookie(request, answer, OPERATOR_COOKIE, cookie)
    return answer


async def choose_member(request: Request) -> Response:
    """Begin a session as a member."""
    desk = desk_of(request)
    if not _may_choose(desk, request):
        raise NotAllowed("Choosing a member needs a key here.", fix="Open / and enter a key.")
    form = await _form(request)
    member_id = check_id(form.get("member_id", ""), "member_id")
    await run_in_threadpool(desk.engine.member, member_id)
    answer = RedirectResponse("/home", 303)
    cookie = desk.access.cookie(member_id, desk.engine.now_ms())
    _set_cookie(request, answer, COOKIE, cookie)
    return answer


async def leave(request: Request) -> Response:
    """End the session."""
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
    found = parameters(request, "device")
    device = device_of(found) if found else _device(request.headers.get("user-agent", ""))
    page, member = await run_in_threadpool(_home, desk, caller.member_id, device)
    return _html(
        "home.html",
        page=page,
        page_json=_data_block(page),
        member={
            "member_id": member.member_id,
            "name": member.name or member.member_id,
            "kids": member.kids,
        },
        title="pasand",
    )


def _home(desk: Desk, member_id: str, device: str) -> tuple[dict[str, Any], Member]:
    served = desk.engine.page(PageRequest(member_id=member_id, device=device))
    page = page_json(served)
    page["poster"] = desk.engine.settings.web.posters
    member = desk.engine.members.get(member_id) or Member(member_id=member_id)
    return page, member


async def get_artwork(request: Request) -> Response:
    """Send a picture; ``w`` is one of the preset widths."""
    desk = desk_of(request)
    artwork_id = check_id(request.path_params["artwork_id"], "artwork_id")
    width = parameters(request, "w", "title").get("w", "640")
    if width not in WIDTHS:
        raise NotFound(f"There is no width {width[:12]}.", field="w", fix=", ".join(WIDTHS))
    response = await run_in_threadpool(_picture, desk, artwork_id, int(width))
    return response


def _picture(desk: Desk, artwork_id: str, width: int) -> Response:
    catalog = desk.engine.catalog.snapshot()
    code = catalog.artwork.code.get(artwork_id)
    if code is None:
        raise NotFound(f"There is no artwork {artwork_id}.", field="artwork_id")
    # Two items may share a picture: any of its holders tells the file.
    holder = catalog.items[int(catalog.artwork.having(code)[0])]
    artwork = next(one for one in holder.artworks if one.artwork_id == artwork_id)
    path = (desk.artwork / artwork.file).resolve()
    if desk.draw is not None and width > 640:
        path = (desk.draw(artwork_id, width) or path).resolve()
    if not path.is_relative_to(desk.artwork.resolve()) or not path.is_file():
        raise NotFound(f"The picture {artwork_id} is missing.", field="artwork_id")
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return FileResponse(
        path, media_type=kind, headers={"Cache-Control": "public, max-age=86400, immutable"}
    )


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a form of our own pages."""
    same_origin(request)
    text = (await body_of(request, 4_096)).decode("utf-8", "replace")
    return dict(parse_qsl(text, max_num_fields=8))


def _may_choose(desk: Desk, request: Request) -> bool:
    if desk.engine.settings.web.open_profiles:
        return True
    cookie = request.cookies.get(OPERATOR_COOKIE, "")
    return desk.access.is_operator(cookie, desk.engine.now_ms())


def _set_cookie(request: Request, answer: Response, name: str, value: str) -> None:
    secure = request.url.scheme == "https"
    answer.set_cookie(name, value, httponly=True, samesite="lax", secure=secure)


def _accounts(members: list[Member]) -> list[dict[str, Any]]:
    grouped: dict[str, list[dict[str, Any]]] = {}
    for member in members:
        shown = {
            "member_id": member.member_id,
            "name": member.name or member.member_id,
            "kids": member.kids,
        }
        grouped.setdefault(member.account_id, []).append(shown)
    return [
        {"account_id": account, "name": account, "members": those}
        for account, those in grouped.items()
    ]


def _device(agent: str) -> str:
    """Return the device class a browser says it is; ``?device=`` overrides it."""
    agent = agent.lower()
    if any(word in agent for word in ("smart-tv", "smarttv", "tizen", "webos", "aft", "bravia")):
        return "tv"
    if "ipad" in agent or "tablet" in agent:
        return "tablet"
    if "mobi" in agent:
        return "phone"
    return "desktop"


def _data_block(page: Mapping[str, Any]) -> str:
    """Return JSON that is safe inside a script element of type application/json."""
    text = msgspec.json.encode(page).decode()
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _html(template: str, **values: Any) -> HTMLResponse:
    text = _templates.get_template(template).render(**values)
    return HTMLResponse(text, headers={"Cache-Control": "no-store"})
