"""The lock of a kids' profile: a browser in one reaches no other profile without the PIN.

The lock is a signed cookie of its own, as the session's ends with the browser. It holds as long
as the household has a PIN; without one, a kids' profile is left like any other.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from pasand.domain.member import Member
from pasand.errors import NotAllowed
from pasand.web.access import COOKIE
from pasand.web.context import Desk
from pasand.web.rendering import put_cookie

__all__ = ["LOCK_COOKIE", "lock_or_free", "locked_by", "may_go_to", "unlock"]

LOCK_COOKIE = "pasand_kids"
_LOCK_S = 10 * 365 * 86_400


def locked_by(desk: Desk, request: Request) -> Member | None:
    """Return the kids' profile that holds this browser, None where it is free."""
    now_ms = desk.engine.now_ms()
    held = desk.access.locked_member(request.cookies.get(LOCK_COOKIE, ""), now_ms)
    if not held:
        try:
            held = desk.access.by_cookie(request.cookies.get(COOKIE, ""), now_ms).member_id
        except NotAllowed:
            return None
    member = desk.engine.members.get(held)
    if member is None or not member.is_child or not desk.engine.pins.is_set(member.household):
        return None
    return member


def may_go_to(holder: Member, wanted: Member) -> bool:
    """Return whether a locked browser may go there: kids of the household, no older ceiling."""
    return (
        wanted.is_child
        and wanted.household == holder.household
        and wanted.maturity_ceiling <= holder.maturity_ceiling
    )


def lock_or_free(desk: Desk, request: Request, answer: Response, member: Member) -> None:
    """Lock the browser that begins a kids' session; free the one that begins another."""
    if member.is_child:
        until_ms = desk.engine.now_ms() + 1000 * _LOCK_S
        value = desk.access.lock_cookie(member.member_id, until_ms)
        put_cookie(request, answer, LOCK_COOKIE, value, _LOCK_S)
    else:
        answer.delete_cookie(LOCK_COOKIE)


def unlock(answer: Response) -> None:
    """End the kids' session and its lock."""
    answer.delete_cookie(COOKIE)
    answer.delete_cookie(LOCK_COOKIE)
