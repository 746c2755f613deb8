"""The page "Your taste": what is known of the member, and every way to correct it.

Each correction is a plain form, so it works without scripts; with them it is sent beside the
page, and what cannot be taken back later waits five seconds for a change of mind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from pasand.domain.ids import check_id
from pasand.domain.maturity import AGE_MAX
from pasand.domain.member import Member
from pasand.errors import InvalidInput, NotAllowed
from pasand.flows.engine import Engine, PageRequest
from pasand.flows.pins import PinWait, PinWrong
from pasand.flows.plain_words import listed
from pasand.web.access import Caller
from pasand.web.api_member_data import export_of
from pasand.web.api_taste import change_taste, profile_json
from pasand.web.context import Desk, caller_of, desk_of
from pasand.web.picture_addresses import addresses_of
from pasand.web.rendering import device_said, form_of, html, member_shown

__all__ = ["get_export", "get_taste", "post_taste"]

#: Rows that can be switched off, as the page names them; seasons have no rows yet.
_OCCASIONS = {
    "because": ("Because you watched", "Rows that follow from one title of yours"),
    "trending": ("Trending now", "What rises with everybody today"),
    "top_ten": ("Top 10", "What is watched most in your country"),
    "new": ("New on the service", "What arrived lately"),
}
_CHIP_COUNT = 14
_TASTES = {"genre": ("genres", "Genres"), "tag": ("tags", "Themes"), "person": ("people", "People")}


async def get_taste(request: Request) -> Response:
    """Show the page."""
    caller = _own(request)
    if caller is None:
        return RedirectResponse("/", 303)
    return await run_in_threadpool(_page, desk_of(request), caller.member_id, device_said(request))


async def post_taste(request: Request) -> Response:
    """Do what a form of the page asks, then show the page again."""
    form = await form_of(request)
    caller = _own(request)
    if caller is None:
        return RedirectResponse("/", 303)
    desk, device = desk_of(request), device_said(request)
    try:
        await run_in_threadpool(_act, desk.engine, caller.member_id, form)
    except (PinWrong, PinWait, InvalidInput) as error:
        if form.get("act") != "pin":
            raise
        status = 429 if isinstance(error, PinWait) else 400
        return await run_in_threadpool(_page, desk, caller.member_id, device, str(error), status)
    query = f"?device={device}" if "device" in request.query_params else ""
    return RedirectResponse(f"/taste{query}#{form.get('back', '')[:40]}", 303)


async def get_export(request: Request) -> Response:
    """Send everything that is known of the member as one file."""
    caller = _own(request)
    if caller is None:
        return RedirectResponse("/", 303)
    engine = desk_of(request).engine
    if await run_in_threadpool(engine.is_child, caller.member_id):
        raise NotAllowed(
            "A kids' profile cannot download its data: it may name titles above its ceiling.",
            fix="A grown-up asks the operator: pasand member export.",
        )
    pieces = await run_in_threadpool(_everything, engine, caller.member_id)
    headers = {
        "Content-Disposition": 'attachment; filename="what-pasand-knows.json"',
        "Cache-Control": "no-store",
    }
    return StreamingResponse(pieces, media_type="application/json", headers=headers)


def _own(request: Request) -> Caller | None:
    """Return the session's caller, None where there is no session."""
    try:
        caller = caller_of(request)
    except NotAllowed as error:
        if error.field == "origin":
            raise
        return None
    return caller if caller.member_id else None


def _act(engine: Engine, member_id: str, form: Mapping[str, str]) -> None:
    act, name = form.get("act", ""), form.get("name", "")
    if act in ("mute", "unmute", "reset"):
        change_taste(engine, member_id, {act: [name]})
    elif act == "forget":
        engine.forget_item(member_id, check_id(name, "name"))
    elif act == "learning":
        engine.set_personalised(member_id, name == "on")
    elif act == "pin":
        engine.set_pin(member_id, form.get("pin", ""), form.get("current", ""), own=True)
    else:
        raise InvalidInput(f"{act[:20]!r} is nothing to do here.", field="act", fix="Go to /taste.")


def _page(
    desk: Desk, member_id: str, device: str, problem: str = "", status: int = 200
) -> Response:
    engine = desk.engine
    member = engine.members.get(member_id) or Member(member_id=member_id)
    told = profile_json(engine, member_id)
    muted = set(told["muted"])
    chosen = {
        title["item_id"]: _pictured(engine, title)
        for name in ("history", "liked", "disliked", "hidden_titles", "on_list", "passed_by")
        for title in told[name]
    }
    return html(
        "taste.html",
        status,
        genres=_genres(engine, member, muted),
        agreed=member.consent,
        page={
            "locale": engine.query(PageRequest(member_id=member_id))[0].locale,
            "device": device,
            "poster": engine.settings.web.posters,
        },
        member=member_shown(member),
        told=told,
        cards=chosen,
        backdrop=_backdrop(told["history"], chosen),
        tastes=[
            {"facet": facet, "title": title, "tastes": _chips(told[name])}
            for facet, (name, title) in _TASTES.items()
        ],
        hours=_hours(told["habits"]),
        occasions=[
            {"name": f"occasion:{name}", "title": title, "about": about,
             "on": f"occasion:{name}" not in muted}
            for name, (title, about) in _OCCASIONS.items()
        ],
        pin_set=engine.pins.is_set(member.household),
        problem=problem,
        listed=listed,
    )  # fmt: skip


def _chips(tastes: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the tastes worth a chip: liked ones with a weight from 1 to 4, and disliked ones."""
    known = [taste for taste in tastes if not taste["muted"]]
    liked = [taste for taste in known if taste["strength"] >= 0.2][:_CHIP_COUNT]
    top = max((taste["strength"] for taste in liked), default=1.0)
    for rank, taste in enumerate(liked):
        # By strength, but few are large: where many are alike, the page stays calm.
        weight = 1 + min(3, int(4 * taste["strength"] / top)) if top >= 1 else 1
        taste["weight"] = min(weight, 4 if rank == 0 else 3 if rank < 4 else 2)
    disliked = [taste for taste in reversed(known) if taste["words"] == "not for you"]
    return {"liked": liked, "disliked": disliked[:6]}


def _genres(engine: Engine, member: Member, muted: set[str]) -> list[str]:
    """Return the genres that could be muted, of titles that the member may be shown."""
    catalog = engine.catalog.snapshot()
    ages = catalog.maturity
    return sorted(
        name
        for code, name in enumerate(catalog.genre.names)
        if f"genre:{name}" not in muted
        and ages[catalog.genre.having(code)].min(initial=AGE_MAX + 1) <= member.maturity_ceiling
    )


def _pictured(engine: Engine, title: dict[str, Any]) -> dict[str, Any]:
    """Return what the card of a title is drawn from."""
    item = engine.catalog.item(title["item_id"])
    picture = item.artworks[0] if item and item.artworks else None
    return {
        "item_id": title["item_id"],
        "title": title["title"],
        "genres": item.genres[:3] if item else (),
        "artwork_url": picture and addresses_of(engine).of(picture),
        "palette": picture.palette[:2] if picture else (),
    }


def _backdrop(history: list[dict[str, Any]], cards: dict[str, Any]) -> dict[str, Any] | None:
    """Return the newest title that has a picture."""
    shown = (cards[entry["item_id"]] for entry in history)
    return next((card for card in shown if card["artwork_url"]), None)


def _hours(habits: list[dict[str, Any]]) -> list[float]:
    """Return the hours of the day on all devices, as shares of the fullest."""
    total = [sum(hours) for hours in zip(*(habit["hours"] for habit in habits), strict=True)]
    top = max(total, default=0)
    return [count / top for count in total] if top else []


def _everything(engine: Engine, member_id: str) -> Iterator[bytes]:
    """Return the pieces of one JSON document: the profile in words, then all that is held."""
    words = msgspec.json.encode(profile_json(engine, member_id))
    return chain([b'{"in_words":', words, b',"data":'], export_of(engine, member_id), [b"}\n"])
