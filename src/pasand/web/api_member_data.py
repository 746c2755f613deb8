"""All of a member's data: exported and erased; and the housekeeping that a command asks for."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pasand.domain.ids import check_id
from pasand.errors import NotAllowed
from pasand.flows.engine import Engine
from pasand.flows.exporting import exported
from pasand.flows.housekeeping import Housekeeping
from pasand.web.answers import Json, body_of, json_of
from pasand.web.context import caller_of, desk_of

__all__ = ["delete_data", "export_of", "get_export", "post_keeping"]


class KeepingEntry(msgspec.Struct):
    """What the owner's command asks for; an empty one asks only how things stand."""

    erase: str = ""
    seal: bool = False
    verify: bool = False


async def get_export(request: Request) -> Response:
    """Send everything that is held of a member."""
    member_id = _member_id(request)
    caller_of(request).allow("members:read", member_id)
    engine = desk_of(request).engine
    pieces = await run_in_threadpool(export_of, engine, member_id)
    headers = {"Cache-Control": "no-store"}
    return StreamingResponse(pieces, media_type="application/json", headers=headers)


async def delete_data(request: Request) -> Json:
    """Erase a member: refused at once, taken out of every place after the answer."""
    caller_of(request).allow("admin")
    member_id = _member_id(request)
    erasure = await run_in_threadpool(_keeping(desk_of(request).engine).erase, member_id)
    return Json({"erasure_id": erasure.erasure_id, "state": erasure.state}, 202)


async def post_keeping(request: Request) -> Json:
    """Begin to erase or to seal for the owner's command, and tell how things stand."""
    if "owner" not in caller_of(request).scopes:
        raise NotAllowed("Only the home's own commands may do this.")
    entry = json_of(await body_of(request, 10_000), KeepingEntry)
    keeping = _keeping(desk_of(request).engine)
    if entry.erase:
        await run_in_threadpool(keeping.erase, check_id(entry.erase, "member_id"))
    if entry.seal:
        keeping.start_seal(verify=entry.verify)
    return Json({"busy": keeping.busy, "trouble": keeping.trouble})


def export_of(engine: Engine, member_id: str) -> Iterator[bytes]:
    """Return the pieces of everything that is held of a member."""
    _, profile = engine.profiles.get(member_id)
    places = _keeping(engine).eraser.places
    return exported(places, engine.stores.log, profile, engine.now_ms())


def _keeping(engine: Engine) -> Housekeeping:
    if engine.keeping is None:
        raise NotAllowed("Only the process that owns the home may do this.")
    return engine.keeping


def _member_id(request: Request) -> str:
    return check_id(request.path_params["member_id"], "member_id")
