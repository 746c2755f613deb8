"""Items and members: read, put, delete; and items like one."""

from __future__ import annotations

from typing import Any

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from pasand.domain.ids import check_id
from pasand.domain.parse import (
    item_to_json,
    member_to_json,
    parse_item,
    parse_member,
    unknown_fields,
)
from pasand.errors import InvalidInput, NotFound
from pasand.flows.engine import Engine, PageRequest
from pasand.flows.homepage import allowed
from pasand.web.access import Caller
from pasand.web.answers import Json, body_of, json_of
from pasand.web.context import caller_of, desk_of, parameters, session_ceiling, whole
from pasand.web.picture_addresses import addresses_of

__all__ = [
    "delete_item",
    "delete_member",
    "get_item",
    "get_member",
    "get_similar",
    "put_item",
    "put_member",
]


async def get_item(request: Request) -> Json:
    """Answer with an item; a session gets none above its member's ceiling."""
    caller = caller_of(request)
    caller.allow("page:read")
    engine, item_id = desk_of(request).engine, _item_id(request)
    _within_ceiling(engine, caller, item_id)
    return Json(_shown(engine, item_id))


async def put_item(request: Request) -> Json:
    """Add or replace an item."""
    caller_of(request).allow("items:write")
    engine = desk_of(request).engine
    raw = await _object(request, "item_id", _item_id(request))
    item = parse_item(raw)
    await run_in_threadpool(engine.put_item, item)
    return Json({"item": item_to_json(item), "warnings": unknown_fields(raw, "item")})


async def delete_item(request: Request) -> Response:
    """Take an item out of the catalogue."""
    caller_of(request).allow("items:write")
    await run_in_threadpool(desk_of(request).engine.delete_item, _item_id(request))
    return Response(status_code=204)


async def get_similar(request: Request) -> Json:
    """Answer with items that members take together with this one."""
    caller = caller_of(request)
    caller.allow("page:read")
    count = whole(parameters(request, "k"), "k", 1, 200) or 20
    engine = desk_of(request).engine
    item_id = _item_id(request)
    _within_ceiling(engine, caller, item_id)
    found = await run_in_threadpool(similar, engine, item_id, count, caller.member_id)
    return Json({"item_id": item_id, "items": found})


def similar(engine: Engine, item_id: str, count: int, member_id: str = "") -> list[dict[str, Any]]:
    """Return items by what follows this one, then by the genres and themes they share.

    With a member, only what that member may be shown; what others took does not speak to kids.
    """
    query = engine.query(PageRequest(member_id=member_id))[0] if member_id else None
    catalog = engine.catalog.snapshot() if query is None else query.catalog
    models = engine.live.models
    position = catalog.find(item_id)
    if position < 0:
        return []
    score = np.zeros(len(catalog))
    for weight, facet in ((1.0, catalog.genre), (1.5, catalog.tag), (1.0, catalog.person)):
        shared = {facet.names[code]: weight for code in facet.of(position)}
        score += facet.weigh(shared) / (1.0 + facet.count)
    neighbour, strength = models.get("covisit.neighbour"), models.get("covisit.strength")
    code = -1 if engine.is_child(member_id) else models.vocabulary.code.get(item_id, -1)
    if neighbour is not None and strength is not None and code >= 0:
        there = models.vocabulary.positions(catalog)[neighbour[code]]
        good = (neighbour[code] >= 0) & (there >= 0)
        top = float(strength[code].max(initial=0.0)) or 1.0
        score[there[good]] += 3.0 * strength[code][good] / top
    score[position] = -np.inf
    score[~(catalog.offerable if query is None else allowed(query))] = -np.inf
    best = np.argsort(-score, kind="stable")[:count]
    return [
        {**_shown(engine, catalog.item_ids[at]), "score": round(float(score[at]), 4)}
        for at in best
        if score[at] > 0
    ]


async def get_member(request: Request) -> Json:
    """Answer with a member."""
    member_id = _member_id(request)
    caller_of(request).allow("members:read", member_id)
    return Json(member_to_json(desk_of(request).engine.member(member_id)))


async def put_member(request: Request) -> Json:
    """Add or replace a member."""
    caller_of(request).allow("members:write")
    engine = desk_of(request).engine
    raw = await _object(request, "member_id", _member_id(request))
    member = parse_member(raw)
    await run_in_threadpool(engine.put_member, member)
    return Json({"member": member_to_json(member), "warnings": unknown_fields(raw, "member")})


async def delete_member(request: Request) -> Response:
    """Take a member out."""
    caller_of(request).allow("members:write")
    await run_in_threadpool(desk_of(request).engine.delete_member, _member_id(request))
    return Response(status_code=204)


def _within_ceiling(engine: Engine, caller: Caller, item_id: str) -> None:
    """Raise NotFound for an item that is not there, or not for this session's member."""
    if engine.item(item_id).maturity > session_ceiling(engine, caller):
        raise NotFound(f"There is no item {item_id}.", field="item_id")


def _shown(engine: Engine, item_id: str) -> dict[str, Any]:
    item, addresses = engine.item(item_id), addresses_of(engine)
    shown = item_to_json(item)
    for artwork, told in zip(item.artworks, shown.get("artworks", ()), strict=True):
        told["url"] = addresses.of(artwork)
    return shown


def _item_id(request: Request) -> str:
    return check_id(request.path_params["item_id"], "item_id")


def _member_id(request: Request) -> str:
    return check_id(request.path_params["member_id"], "member_id")


async def _object(request: Request, name: str, wanted: str) -> dict[str, Any]:
    """Return the body as an object; its own id, where given, must be the path's."""
    limits = desk_of(request).engine.settings.limits
    raw = json_of(await body_of(request, limits.event_bytes_max))
    if not isinstance(raw, dict):
        raise InvalidInput("The body is a JSON object.", field="body")
    if raw.setdefault(name, wanted) != wanted:
        raise InvalidInput(
            f"{name} in the body is not the one in the path.", field=name, fix="Leave it out."
        )
    return raw
