"""What the member's pages share: templates, forms of our own, cookies, and the device's class."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pasand.domain.member import Member
from pasand.web.answers import body_of
from pasand.web.context import device_of, parameters, same_origin
from pasand.web.language import language_of

__all__ = ["device_said", "form_of", "html", "member_shown", "put_cookie"]

#: What pages are in that are not said in the member's language yet.
ENGLISH = language_of("en")

_templates = Environment(
    loader=PackageLoader("pasand.web"), autoescape=True, undefined=StrictUndefined
)


def html(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page drawn from a template; never kept by a cache."""
    text = _templates.get_template(template).render(**{"language": ENGLISH, **values})
    return HTMLResponse(text, status, headers={"Cache-Control": "no-store"})


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form of our own pages."""
    same_origin(request)
    text = (await body_of(request, 4_096)).decode("utf-8", "replace")
    return dict(parse_qsl(text, max_num_fields=8))


def put_cookie(
    request: Request, answer: Response, name: str, value: str, age_s: int | None = None
) -> None:
    """Set a cookie that scripts cannot read; without ``age_s`` it ends with the browser."""
    secure = request.url.scheme == "https"
    answer.set_cookie(name, value, age_s, httponly=True, samesite="lax", secure=secure)


def member_shown(member: Member) -> dict[str, Any]:
    """Return what a page's header says of its member."""
    return {
        "member_id": member.member_id,
        "name": member.name or member.member_id,
        "kids": member.is_child,
    }


def device_said(request: Request) -> str:
    """Return the device class a browser says it is; ``?device=`` overrides it."""
    found = parameters(request, "device", "locale")
    if "device" in found:
        return device_of(found)
    agent = request.headers.get("user-agent", "").lower()
    if any(word in agent for word in ("smart-tv", "smarttv", "tizen", "webos", "aft", "bravia")):
        return "tv"
    if "ipad" in agent or "tablet" in agent:
        return "tablet"
    return "phone" if "mobi" in agent else "desktop"
