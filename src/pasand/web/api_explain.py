"""GET /v1/explain: why an item stands in its cell, why a whole page is as it is, and why a title
is not there.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from pasand.domain.events import Stored
from pasand.domain.ids import check_id
from pasand.domain.maturity import AGE_MAX
from pasand.errors import Gone, NotFound
from pasand.flows.engine import Engine
from pasand.flows.explaining import explained, known_still, why_not
from pasand.flows.page_replay import Past, replayed
from pasand.web.access import Caller
from pasand.web.answers import Json, error_answer
from pasand.web.context import caller_of, desk_of, parameters, session_ceiling, whole
from pasand.web.language import language_of
from pasand.web.why_words import picture_sentence, sentences, with_titles

__all__ = ["explanation", "get_explanation"]

#: A page's block is written a moment after the page is answered.
_WAIT_S, _WAIT_COUNT = 0.05, 40
#: Making a page again may read much of the log; one at a time is enough.
_turn = threading.Lock()


async def get_explanation(request: Request) -> Json:
    """Answer why an item stands in its cell, from what was logged when the page was served; or,
    without a cell, why the page is as it is, by making it again.
    """
    caller = caller_of(request)
    caller.allow("page:read")
    found = parameters(request, "page_id", "row", "column", "item_id")
    page_id = check_id(found.get("page_id", ""), "page_id")
    row, column = whole(found, "row", 0, 999), whole(found, "column", 0, 999)
    item_id = check_id(found["item_id"], "item_id") if "item_id" in found else ""
    engine = desk_of(request).engine
    page = await run_in_threadpool(engine.pages.find, page_id)
    if page is None:
        raise NotFound(f"There is no page {page_id}.", field="page_id")
    member_id, payload = page
    caller.allow("page:read", member_id)
    if row is not None or column is not None:
        return Json(_cell(engine, caller, member_id, payload, row, column))
    stored = await _logged(engine, page_id)
    return await run_in_threadpool(_whole_page, request, engine, caller, stored, item_id)


async def _logged(engine: Engine, page_id: str) -> Stored:
    """Return a page's event once it is in the log."""
    for _ in range(_WAIT_COUNT):
        stored = await run_in_threadpool(engine.stores.log.find, page_id)
        if stored is not None:
            return stored
        await asyncio.sleep(_WAIT_S)
    raise NotFound(f"Page {page_id} is not in the log.", field="page_id", fix="Try again later.")


def _whole_page(
    request: Request, engine: Engine, caller: Caller, stored: Stored, item_id: str
) -> Json:
    numbers, ceiling = not caller.member_id, session_ceiling(engine, caller)
    with _turn:
        replay = replayed(engine, stored)
    if isinstance(replay, Past):
        gone = Gone(replay.reason, field="page_id", fix="`known` is what its block still tells.")
        return error_answer(request, gone, {"known": known_still(replay, numbers)})
    answer = with_titles(explained(replay, numbers, ceiling), replay.served.query.locale)
    if item_id:
        answer["item"] = why_not(replay, item_id, numbers, ceiling)
    return Json(answer)


def _cell(
    engine: Engine,
    caller: Caller,
    member_id: str,
    payload: Mapping[str, Any],
    row: int | None,
    column: int | None,
) -> dict[str, Any]:
    rows = payload.get("rows", ())
    if row is None or column is None or row >= len(rows) or column >= len(rows[row]["items"]):
        raise NotFound("There is no such cell on the page.", field="row")
    ceiling = session_ceiling(engine, caller)
    item = engine.catalog.item(rows[row]["items"][column])
    if item is not None and item.maturity > ceiling:
        raise NotFound("There is no such cell on the page.", field="row")
    device = str(payload.get("query", {}).get("device", "other"))
    member = engine.members.get(member_id)
    locale = member.language if member is not None else ""
    return explanation(engine, rows[row], column, ceiling, device, locale)


def explanation(
    engine: Engine,
    block: Mapping[str, Any],
    column: int,
    ceiling: int = AGE_MAX,
    device: str = "other",
    locale: str = "",
) -> dict[str, Any]:
    """Return why one cell of a logged row is there; no title above ``ceiling`` is named."""

    def at(name: str, default: Any) -> Any:
        value = block.get(name)
        return value[column] if isinstance(value, list) else default if value is None else value

    parts = {name: values[column] for name, values in block.get("parts", {}).items()}
    total = sum(value for value in parts.values() if value > 0) or 1
    cause = engine.catalog.item(at("cause", ""))
    if cause is not None and cause.maturity > ceiling:
        cause = None
    row_cause = engine.catalog.item(str(block.get("row_id", "")).removeprefix("because:"))
    language = language_of(locale)
    say = language.say
    hidden_cause = row_cause is not None and row_cause.maturity > ceiling
    return {
        "item_id": block["items"][column],
        "row": say("reason.because")
        if hidden_cause
        else language.heading(block["title"], block.get("values")),
        "reason": say("sentence.follows", {"title": cause.title})
        if cause
        else say(f"reason.{at('reason', '') or 'untried'}"),
        "parts": [
            {
                "name": name,
                "label": language.message(f"part.{name}") or name,
                "share": round(value / total, 3),
            }
            for name, value in sorted(parts.items(), key=lambda entry: -entry[1])
            if value > 0
        ],
        "sentences": sentences(
            parts, at("reason", ""), cause.title if cause else None, device, language
        ),
        "because": cause and {"item_id": cause.item_id, "title": cause.title},
        "propensity": at("propensity", 1.0),
        "artwork_id": at("artworks", ""),
        "artwork_propensity": at("artwork_propensity", 1.0),
        "picture": picture_sentence(
            str(at("shows", "")), float(at("artwork_propensity", 1.0)), language
        ),
    }
