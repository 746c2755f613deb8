"""Pictures over HTTP: operators send them, everybody who was shown one may fetch it."""

from __future__ import annotations

import mimetypes
from contextlib import suppress
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from pasand.domain.catalog import Artwork
from pasand.domain.ids import check_id
from pasand.domain.maturity import AGE_MAX
from pasand.domain.parse import item_to_json
from pasand.errors import InvalidInput, MissingExtra, NotAllowed, NotFound, OperatorError
from pasand.flows.picturing import Pictures
from pasand.web.access import COOKIE
from pasand.web.answers import Json, body_of, json_of
from pasand.web.context import Desk, caller_of, desk_of, parameters, session_ceiling
from pasand.web.picture_addresses import addresses_of

__all__ = ["WIDTHS", "get_artwork", "post_artwork"]

WIDTHS = ("320", "480", "640", "1280")
_ADDRESS_BYTES_MAX = 4_096


async def post_artwork(request: Request) -> Json:
    """Make a picture an item's artwork: the body is the picture, or JSON that names an address."""
    caller_of(request).allow("items:write")
    desk = desk_of(request)
    item_id = check_id(request.path_params["item_id"], "item_id")
    artwork_id = parameters(request, "artwork_id").get("artwork_id", "")
    pictures = _pictures_at(desk)
    with pictures.room():
        data = await _sent(request, pictures)
        artwork = await run_in_threadpool(
            pictures.add,
            desk.engine,
            item_id,
            data,
            artwork_id and check_id(artwork_id, "artwork_id"),
        )
    shown = item_to_json(desk.engine.item(item_id))["artworks"]
    added = next(one for one in shown if one["artwork_id"] == artwork.artwork_id)
    return Json({**added, "url": addresses_of(desk.engine).of(artwork)}, 201)


async def _sent(request: Request, pictures: Pictures) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        return await body_of(request, pictures.bytes_max)
    raw = json_of(await body_of(request, _ADDRESS_BYTES_MAX))
    address = raw.get("address") if isinstance(raw, dict) else None
    if not isinstance(address, str):
        raise InvalidInput(
            "The body names no address.",
            field="address",
            fix='Send a picture, or {"address": "https://..."}.',
        )
    return await run_in_threadpool(pictures.fetcher.fetch, address, pictures.bytes_max)


def _pictures_at(desk: Desk) -> Pictures:
    if desk.pictures is None:
        raise MissingExtra("This server takes no pictures.", fix="pip install 'pasand[vision]'")
    return desk.pictures


async def get_artwork(request: Request) -> Response:
    """Send a picture; ``w`` is one of the preset widths."""
    desk = desk_of(request)
    artwork_id = check_id(request.path_params["artwork_id"], "artwork_id")
    width = parameters(request, "w", "title").get("w", "640")
    if width not in WIDTHS:
        raise NotFound(f"There is no width {width[:12]}.", field="w", fix=", ".join(WIDTHS))
    ceiling = await run_in_threadpool(_picture_ceiling, desk, request)
    signature = request.path_params["signature"]
    return await run_in_threadpool(_picture, desk, artwork_id, signature, int(width), ceiling)


def _picture_ceiling(desk: Desk, request: Request) -> int:
    """Return the age a picture's title may have: in a kid's session, the kid's own."""
    cookie = request.cookies.get(COOKIE, "")
    if not cookie:
        return AGE_MAX
    try:
        caller = desk.access.by_cookie(cookie, desk.engine.now_ms())
    except NotAllowed:
        return AGE_MAX
    return session_ceiling(desk.engine, caller)


def _picture(desk: Desk, artwork_id: str, signature: str, width: int, ceiling: int) -> Response:
    artwork = _shown(desk, artwork_id, signature, ceiling)
    path = (desk.artwork / artwork.file).resolve()
    if desk.draw is not None and width > 640:
        path = (desk.draw(artwork_id, width) or path).resolve()
    if not path.is_relative_to(desk.artwork.resolve()) or not path.is_file():
        raise NotFound(f"The picture {artwork_id} is missing.", field="artwork_id")
    path = _sized(desk, path, width)
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    # What one session may see another may not, so only the member's own browser keeps it.
    keep = {"Cache-Control": "private, max-age=86400, immutable", "Vary": "Cookie"}
    return FileResponse(path, media_type=kind, headers=keep)


def _shown(desk: Desk, artwork_id: str, signature: str, ceiling: int) -> Artwork:
    """Return the artwork behind a signed address that this caller may see."""
    catalog = desk.engine.catalog.snapshot()
    code = catalog.artwork.code.get(artwork_id)
    holders = (
        [] if code is None else [catalog.items[int(at)] for at in catalog.artwork.having(code)]
    )
    # Two items may share a picture: any of its holders tells the file, one young enough allows it.
    if holders and min(item.maturity for item in holders) <= ceiling:
        signer = addresses_of(desk.engine)
        for artwork in (one for item in holders for one in item.artworks):
            if artwork.artwork_id == artwork_id and signer.holds(artwork, signature):
                return artwork
    raise NotFound(f"There is no artwork {artwork_id} at this address.", field="artwork_id")


def _sized(desk: Desk, path: Path, width: int) -> Path:
    """Return the picture at a width; as it is where none can be made just now."""
    if desk.pictures is not None:
        with suppress(OperatorError):
            return desk.pictures.sized(path, width)
    return path
