"""What a member may see and correct: the profile in words, history, tastes, learning, the PIN."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from pasand.domain.ids import check_id, short_hash
from pasand.domain.member import Member
from pasand.domain.profile import RECENT_CODES, Profile
from pasand.domain.taste_names import FACETS, MUTED_BYTES_MAX, is_taste_name, muted_bytes
from pasand.domain.times import write_time
from pasand.errors import InvalidInput, TooMuch
from pasand.flows.engine import Engine
from pasand.flows.profile_words import Words
from pasand.web.answers import Json, body_of, json_of
from pasand.web.context import caller_of, desk_of

__all__ = [
    "change_taste",
    "delete_history",
    "get_profile",
    "profile_json",
    "put_personalisation",
    "put_pin",
    "put_taste",
]

_BODY_BYTES_MAX = 10_000
_RECENT_COUNT = 50
_KNOWN = {
    "reset": (*FACETS, "picture", "item", "search"),
    "mute": (*FACETS, "occasion"),
    "unmute": (*FACETS, "occasion"),
}
_FIX = {
    "reset": "Write genre:Horror, tag:heist, person:Name, item:its-id or search:its words.",
    "mute": "Write genre:Horror, tag:heist, person:Name or occasion:trending.",
}


class TasteChange(msgspec.Struct, forbid_unknown_fields=True):
    """What a member corrects, each as "genre:Horror", "tag:heist", "person:Name"; a mute also
    as "occasion:because", a reset also as "item:t1": the thumb and the hiding are taken back, or
    as "search:heat": it was never searched for.
    """

    reset: list[str] = []
    mute: list[str] = []
    unmute: list[str] = []


class Personalisation(msgspec.Struct, forbid_unknown_fields=True):
    """Whether the member's pages follow from what they do."""

    personalised: bool


class PinChange(msgspec.Struct, forbid_unknown_fields=True):
    """The household's new PIN, empty for none; a session says the current one too."""

    pin: str
    current: str = ""


async def get_profile(request: Request) -> Json:
    """Answer with what is known of a member."""
    member_id = _member_id(request)
    caller_of(request).allow_own("members:read", member_id)
    return Json(await run_in_threadpool(profile_json, desk_of(request).engine, member_id))


async def delete_history(request: Request) -> Response:
    """Take an item out of a member's history; the next page no longer follows from it."""
    member_id = _member_id(request)
    item_id = check_id(request.path_params["item_id"], "item_id")
    caller_of(request).allow_own("members:write", member_id)
    await run_in_threadpool(desk_of(request).engine.forget_item, member_id, item_id)
    return Response(status_code=204)


async def put_taste(request: Request) -> Json:
    """Reset, mute or unmute tastes; acts on the next page."""
    member_id = _member_id(request)
    caller_of(request).allow_own("members:write", member_id)
    change: TasteChange = json_of(await body_of(request, _BODY_BYTES_MAX), TasteChange)
    engine = desk_of(request).engine
    await run_in_threadpool(change_taste, engine, member_id, msgspec.to_builtins(change))
    return Json(await run_in_threadpool(profile_json, engine, member_id))


async def put_personalisation(request: Request) -> Json:
    """Switch learning on or off for a member; acts on the next page."""
    member_id = _member_id(request)
    caller_of(request).allow_own("members:write", member_id)
    change: Personalisation = json_of(await body_of(request, _BODY_BYTES_MAX), Personalisation)
    engine = desk_of(request).engine
    await run_in_threadpool(engine.set_personalised, member_id, change.personalised)
    return Json({"member_id": member_id, "personalised": change.personalised})


async def put_pin(request: Request) -> Response:
    """Set or take away the PIN of a member's household."""
    member_id = _member_id(request)
    caller = caller_of(request)
    caller.allow_own("members:write", member_id)
    change: PinChange = json_of(await body_of(request, _BODY_BYTES_MAX), PinChange)
    engine = desk_of(request).engine
    own = bool(caller.member_id)
    await run_in_threadpool(engine.set_pin, member_id, change.pin, change.current, own)
    return Response(status_code=204)


def change_taste(engine: Engine, member_id: str, asked: dict[str, list[str]]) -> None:
    """Write a member's correction.

    Raises:
        InvalidInput: something is not the name of a taste.
        TooMuch: more is muted than a profile holds.
    """
    for field, names in asked.items():
        for name in names:
            if not is_taste_name(name, facets=_KNOWN[field]):
                raise InvalidInput(
                    f"{name[:60]!r} is not a taste.",
                    field=field,
                    fix=_FIX.get(field, _FIX["mute"]),
                )
    after = set(engine.profiles.get(member_id)[1].muted) - set(asked.get("unmute", ()))
    added = set(asked.get("mute", ())) - after
    if added and muted_bytes(after | added) > MUTED_BYTES_MAX:
        raise TooMuch("So much is muted already.", field="mute", fix="Unmute something first.")
    engine.set_taste(member_id, asked)


def profile_json(engine: Engine, member_id: str) -> dict[str, Any]:
    """Return what is known of a member, in words and as lists.

    ``bytes_hash`` tells whether two profiles are the same.
    """
    _, profile = engine.profiles.get(member_id)
    member = engine.members.get(member_id) or Member(
        member_id=member_id, maturity_ceiling=engine.settings.serve.default_ceiling
    )
    words = Words(profile=profile, member=member, find=engine.catalog.item, at_ms=engine.now_ms())
    return {**_facts(profile), **words.told(), **_by_id(engine, member, profile)}


def _facts(profile: Profile) -> dict[str, Any]:
    """Return the counts and hashes by which machines compare profiles."""
    encoded = profile.encode()
    return {
        "member_id": profile.member_id,
        "events": profile.event_count,
        "bytes": len(encoded),
        "bytes_hash": short_hash(encoded, 16),
        "since": write_time(profile.first_ms) if profile.first_ms else None,
        "latest": write_time(profile.last_ms) if profile.last_ms else None,
        "pages": profile.page_count,
        "places": profile.places,
    }


def _by_id(engine: Engine, member: Member, profile: Profile) -> dict[str, Any]:
    """Return what a program looks up by id, without what is above the member's ceiling."""

    def may(item_id: str) -> bool:
        item = engine.catalog.item(item_id)
        return item is None or item.maturity <= member.maturity_ceiling

    return {
        "thumbs": {name: value for name, (value, _) in profile.thumbs.items() if may(name)},
        "finished": [name for name in profile.finished if may(name)],
        "recent": [
            {
                "item_id": entry.item_id,
                "what": RECENT_CODES[entry.code],
                "at": write_time(entry.at_s * 1000),
                "value": entry.value,
            }
            for entry in profile.recent[-_RECENT_COUNT:]
            if may(entry.item_id)
        ],
    }


def _member_id(request: Request) -> str:
    return check_id(request.path_params["member_id"], "member_id")
