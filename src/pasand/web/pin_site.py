"""The page that asks for the PIN before a kids' profile is left."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pasand.domain.member import Member
from pasand.flows.pins import PinWait, PinWrong
from pasand.web.context import desk_of
from pasand.web.kids_lock import locked_by, unlock
from pasand.web.rendering import device_said, form_of, html, member_shown

__all__ = ["get_pin", "post_pin"]


async def get_pin(request: Request) -> Response:
    """Show the pad; a browser that is free needs none."""
    holder = locked_by(desk_of(request), request)
    return RedirectResponse("/", 303) if holder is None else _pad(request, holder)


async def post_pin(request: Request) -> Response:
    """Free the browser where the PIN is right."""
    desk = desk_of(request)
    form = await form_of(request)
    holder = locked_by(desk, request)
    if holder is not None:
        try:
            now_ms = desk.engine.now_ms()
            check = desk.engine.pins.check
            await run_in_threadpool(check, holder.household, form.get("pin", ""), now_ms)
        except PinWait as error:
            return _pad(request, holder, wait_s=error.wait_s)
        except PinWrong as error:
            return _pad(request, holder, tries_left=error.tries_left)
    answer = RedirectResponse("/", 303)
    unlock(answer)
    return answer


def _pad(
    request: Request, holder: Member, tries_left: int | None = None, wait_s: int = 0
) -> Response:
    status = 429 if wait_s else 200 if tries_left is None else 403
    answer = html(
        "pin.html",
        status,
        page={"locale": "en", "device": device_said(request)},
        member=member_shown(holder),
        tries_left=tries_left,
        wait_s=wait_s,
    )
    if wait_s:
        answer.headers["Retry-After"] = str(wait_s)
    return answer
