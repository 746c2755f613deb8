"""POST /v1/events: a batch in, a verdict for each event out, once they are on disk."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from pasand.domain.events import Event
from pasand.domain.ids import short_hash
from pasand.domain.parse import parse_event, unknown_fields
from pasand.domain.times import time_ms
from pasand.errors import CallerError, InvalidInput, TooMuch
from pasand.flows.engine import Engine
from pasand.ports import Rejected
from pasand.web.access import Caller
from pasand.web.answers import Json, body_of, json_of
from pasand.web.context import caller_of, desk_of

__all__ = ["post_events"]

#: A difference of the clocks that is corrected; less may be how long the batch travelled.
DRIFT_MS_MIN = 5_000

Result = dict[str, Any]

_CONFLICT = {
    "status": "rejected",
    "code": "id_conflict",
    "field": "event_id",
    "message": "Another event was sent under this id before. Give every event an id of its own.",
}


class Batch(msgspec.Struct):
    """The body. ``sent_at`` is the client's own time when it sent the batch; with it, the
    client's clock may be wrong: times are moved by the difference.
    """

    events: list[msgspec.Raw]
    sent_at: str | float | None = None


async def post_events(request: Request) -> Json:
    """Take a batch of events."""
    caller = caller_of(request)
    caller.allow("events:write")
    desk = desk_of(request)
    limits = desk.engine.settings.limits
    data = await body_of(request, limits.batch_bytes_max)
    batch: Batch = json_of(data, Batch)
    if len(batch.events) > limits.batch_count_max:
        raise TooMuch(
            f"The batch has {len(batch.events)} events; {limits.batch_count_max} are allowed.",
            field="events",
        )
    results = await run_in_threadpool(take_batch, desk.engine, caller, batch)
    for result in results:
        desk.meters.events.labels(result["status"]).inc()
    return Json({"results": results}, 202)


def take_batch(engine: Engine, caller: Caller, batch: Batch) -> list[Result]:
    """Check, append and fold a batch; return one verdict an event, in order."""
    now_ms = engine.now_ms()
    sent_ms = None if batch.sent_at is None else time_ms(batch.sent_at, "sent_at")
    results: list[Result] = []
    events: list[Event] = []
    places: list[int] = []
    rejected: list[Rejected] = []
    conflicts: list[Rejected] = []
    source = f"{caller.name} {caller.member_id}".rstrip()
    for index, raw in enumerate(batch.events):
        body = bytes(raw)
        try:
            event, warnings = _read(engine, caller, body, now_ms, sent_ms)
        except CallerError as error:
            results.append(
                {
                    "index": index,
                    "status": "rejected",
                    "code": error.code,
                    "field": error.field,
                    "message": str(error),
                }
            )
            rejected.append(Rejected(now_ms, str(error), error.field, source, body))
            continue
        results.append({"index": index, "status": "accepted"})
        if warnings:
            results[-1]["warnings"] = warnings
        events.append(engine.pages.join(event))
        places.append(index)
    if rejected:
        engine.set_aside(rejected)
    for index, verdict in zip(places, engine.append(events) if events else (), strict=True):
        results[index]["status"] = verdict.status
        if verdict.status == "conflict":
            results[index] |= _CONFLICT
            body = bytes(batch.events[index])
            conflicts.append(Rejected(now_ms, "id_conflict", "event_id", source, body))
    if conflicts:
        engine.set_aside(conflicts)
    return results


def _read(
    engine: Engine, caller: Caller, body: bytes, now_ms: int, sent_ms: int | None
) -> tuple[Event, list[str]]:
    """Return the event behind ``body`` on the server's clock, and what was odd about it."""
    bytes_max = engine.settings.limits.event_bytes_max
    if len(body) > bytes_max:
        raise TooMuch(f"The event is larger than {bytes_max:,} bytes.", field="event")
    raw = json_of(body)
    if not isinstance(raw, dict):
        raise InvalidInput("An event is a JSON object.", field="event")
    if caller.member_id:
        raw.setdefault("member_id", caller.member_id)
    said = short_hash(msgspec.json.encode(raw, order="sorted"), 16)
    event = parse_event(raw, now_ms=now_ms if sent_ms is None else sent_ms)
    caller.allow("events:write", event.member_id)
    if sent_ms is not None:
        drift_ms = now_ms - sent_ms
        # A few seconds are the network's, not the clock's: moving by them could turn the order
        # of two batches around.
        moved_ms = drift_ms if abs(drift_ms) >= DRIFT_MS_MIN else 0
        event = replace(event, occurred_ms=min(now_ms, event.occurred_ms + moved_ms))
        if event.occurred_ms < 0:
            raise InvalidInput(
                "By sent_at and occurred_at this happened before 1970.",
                field="sent_at",
                fix="Give both by the same clock.",
            )
    if not event.country or not event.time_zone:
        member = engine.members.get(event.member_id)
        if member is not None:
            event = replace(
                event,
                country=event.country or member.country,
                time_zone=event.time_zone or member.time_zone,
                account_id=event.account_id or member.account_id,
            )
    return replace(event, said=said), unknown_fields(raw, "event")
