"""Items and members: read, put, delete; similar items; a profile in readable form."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from pasand.domain.ids import check_id, short_hash
from pasand.domain.parse import (
    item_to_json,
    member_to_json,
    parse_item,
    parse_member,
    unknown_fields,
)
from pasand.domain.profile import RECENT_CODES, Profile, taste_at
from pasand.domain.times import write_time
from pasand.errors import InvalidInput, NotFound
from pasand.flows.engine import Engine, PageRequest
from pasand.flows.homepage import allowed
from pasand.web.answers import Json, body_of, json_of
from pasand.web.context import caller_of, desk_of, parameters, whole
from pasand.web.page_json import artwork_url

__all__ = [
    "delete_history",
    "delete_item",
    "delete_member",
    "get_item",
    "get_member",
    "get_profile",
    "get_similar",
    "put_item",
    "put_member",
    "put_taste",
]


async def get_item(request: Request) -> Json:
    """Answer with an item; a session gets none above its member's ceiling."""
    caller = caller_of(request)
    caller.allow("page:read")
    engine, item_id = desk_of(request).engine, _item_id(request)
    if caller.member_id:
        ceiling = engine.query(PageRequest(member_id=caller.member_id))[0].maturity_ceiling
        if engine.item(item_id).maturity > ceiling:
            raise NotFound(f"There is no item {item_id}.", field="item_id")
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
    engine.item(item_id)
    found = await run_in_threadpool(similar, engine, item_id, count, caller.member_id)
    return Json({"item_id": item_id, "items": found})


def similar(engine: Engine, item_id: str, count: int, member_id: str = "") -> list[dict[str, Any]]:
    """Return items by what follows this one, then by the genres and themes they share.

    With a member, only what that member may be shown.
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
    code = models.vocabulary.code.get(item_id, -1)
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


async def get_profile(request: Request) -> Json:
    """Answer with what is known of a member."""
    member_id = _member_id(request)
    caller_of(request).allow_own("members:read", member_id)
    engine = desk_of(request).engine
    _, profile = await run_in_threadpool(engine.profiles.get, member_id)
    return Json(profile_json(engine, profile))


async def delete_history(request: Request) -> Response:
    """Take an item out of a member's history; the next page no longer follows from it."""
    member_id, item_id = _member_id(request), _item_id(request)
    caller_of(request).allow_own("members:write", member_id)
    await run_in_threadpool(desk_of(request).engine.forget_item, member_id, item_id)
    return Response(status_code=204)


class TasteChange(msgspec.Struct, forbid_unknown_fields=True):
    """What a member corrects, each as "genre:Horror", "tag:heist" or "person:Name"."""

    reset: list[str] = []
    mute: list[str] = []
    unmute: list[str] = []


async def put_taste(request: Request) -> Json:
    """Reset, mute or unmute tastes; acts on the next page."""
    member_id = _member_id(request)
    caller_of(request).allow_own("members:write", member_id)
    change: TasteChange = json_of(await body_of(request, 10_000), TasteChange)
    asked = {"reset": change.reset, "mute": change.mute, "unmute": change.unmute}
    for field, names in asked.items():
        for name in names:
            facet, _, word = name.partition(":")
            if facet not in ("genre", "tag", "person") or not word or len(name) > 110:
                raise InvalidInput(
                    f"{name[:60]!r} is not a taste.", field=field, fix="Write genre:Horror."
                )
    engine = desk_of(request).engine
    await run_in_threadpool(engine.set_taste, member_id, asked)
    _, profile = await run_in_threadpool(engine.profiles.get, member_id)
    return Json(profile_json(engine, profile))


def profile_json(engine: Engine, profile: Profile) -> dict[str, Any]:
    """Return a profile in readable form; ``bytes_hash`` tells whether two are the same."""

    def strongest(tastes: dict[str, int]) -> list[dict[str, Any]]:
        decayed = taste_at(tastes, engine.now_ms())
        order = sorted(decayed, key=lambda name: -decayed[name])
        return [{"name": name, "strength": round(decayed[name], 2)} for name in order]

    encoded = profile.encode()
    return {
        "member_id": profile.member_id,
        "events": profile.event_count,
        "bytes": len(encoded),
        "bytes_hash": short_hash(encoded, 16),
        "since": write_time(profile.first_ms) if profile.first_ms else None,
        "latest": write_time(profile.last_ms) if profile.last_ms else None,
        "pages": profile.page_count,
        "genres": strongest(profile.genres),
        "tags": strongest(profile.tags),
        "people": strongest(profile.people),
        "watching": [
            {
                "item_id": item_id,
                "position_s": watch.position_s,
                "duration_s": watch.duration_s,
                "at": write_time(watch.at_s * 1000),
            }
            for item_id, watch in profile.watching.items()
        ],
        "finished": list(profile.finished),
        "thumbs": {item_id: value for item_id, (value, _) in profile.thumbs.items()},
        "list": list(profile.listed),
        "hidden": list(profile.hidden),
        "recent": [
            {
                "item_id": entry.item_id,
                "what": RECENT_CODES[entry.code],
                "at": write_time(entry.at_s * 1000),
                "value": entry.value,
            }
            for entry in profile.recent[-50:]
        ],
        "hours": profile.hours,
        "weekdays": profile.weekdays,
        "tired_of": profile.fatigue,
        "searches": [text for text, _ in profile.searches],
        "muted": list(profile.muted),
    }


def _shown(engine: Engine, item_id: str) -> dict[str, Any]:
    shown = item_to_json(engine.item(item_id))
    for artwork in shown.get("artworks", ()):
        artwork["url"] = artwork_url(artwork["artwork_id"])
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
