"""POST /v1/events: a batch in, a verdict for each event out, once they are on disk."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from pasand.domain.events import Event
from pasand.domain.times import time_ms
from pasand.errors import CallerError, TooMuch
from pasand.flows.engine import Engine
from pasand.ports import Rejected, Verdict
from pasand.web.access import Caller
from pasand.web.answers import Json, body_of, json_of
from pasand.web.context import caller_of, desk_of
from pasand.web.event_reading import Moment, read_event

__all__ = ["Taking", "post_events", "read_batch", "take_batch"]

Result = dict[str, Any]
_ERASED = {
    "status": "rejected",
    "code": "member_erased",
    "field": "member_id",
    "message": "This member was erased: nothing of the event is kept. Use another id.",
}

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


_decode = msgspec.json.Decoder(Batch).decode


@dataclass(slots=True)
class Taking:
    """A batch on its way: ``results`` so far, the ``events`` that could be read with their
    places among the results, and what is to be set aside.
    """

    engine: Engine
    source: str
    now_ms: int
    bodies: list[bytes]
    #: What is set aside in place of the bodies, where others stand for what was sent.
    kept: list[bytes] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    def read(self, caller: Caller, moment: Moment) -> None:
        """Check every event."""
        for index, body in enumerate(self.bodies):
            try:
                event, warnings = read_event(self.engine, caller, body, moment)
            except CallerError as error:
                result = {"index": index, "status": "rejected", "code": error.code}
                self.results.append(result | {"field": error.field, "message": str(error)})
                self._reject(index, str(error), error.field)
                continue
            self.results.append({"index": index, "status": "accepted"})
            if warnings:
                self.results[-1]["warnings"] = warnings
            self.events.append(event)
            self.places.append(index)

    @property
    def joins_at_once(self) -> bool:
        """Whether the pages that its events name are at hand."""
        return all(map(self.engine.pages.at_hand, self.events))

    def join(self) -> None:
        """Give events that name a cell what stood in it."""
        self.events = list(map(self.engine.pages.join, self.events))

    def submit(self) -> Future[list[Verdict]]:
        """Queue the events; the future is done when they are on disk."""
        return self.engine.submit(self.events)

    def settle(self, verdicts: list[Verdict]) -> None:
        """Note what became of the events."""
        for index, verdict in zip(self.places, verdicts, strict=True):
            if verdict.status == "conflict":
                self.results[index] |= _CONFLICT
                self._reject(index, "id_conflict", "event_id")
            elif verdict.status == "erased":
                self.results[index] |= _ERASED
            else:
                self.results[index]["status"] = verdict.status

    def set_aside(self) -> None:
        """Keep what could not be used, on disk."""
        if self.rejected:
            self.engine.set_aside(self.rejected)

    def _reject(self, index: int, reason: str, name: str) -> None:
        body = (self.kept or self.bodies)[index]
        self.rejected.append(Rejected(self.now_ms, reason, name, self.source, body))


async def post_events(request: Request) -> Json:
    """Take a batch of events."""
    caller = caller_of(request)
    caller.allow("events:write")
    desk = desk_of(request)
    data = await body_of(request, desk.engine.settings.limits.batch_bytes_max)
    results = await run_in_threadpool(take_batch, desk.engine, caller, data)
    desk.meters.count_events(results)
    return Json({"results": results}, 202)


def read_batch(engine: Engine, caller: Caller, data: bytes) -> Taking:
    """Return a batch whose events are checked; nothing is written yet.

    Raises:
        InvalidInput: it is not a batch.
        TooMuch: it has too many events.
    """
    try:
        batch = _decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        batch = json_of(data, Batch)
    count_max = engine.settings.limits.batch_count_max
    if len(batch.events) > count_max:
        raise TooMuch(
            f"The batch has {len(batch.events)} events; {count_max} are allowed.", field="events"
        )
    sent_ms = None if batch.sent_at is None else time_ms(batch.sent_at, "sent_at")
    moment = Moment(engine.now_ms(), sent_ms)
    source = f"{caller.name} {caller.member_id}".rstrip()
    taking = Taking(engine, source, moment.now_ms, list(map(bytes, batch.events)))
    taking.read(caller, moment)
    return taking


def take_batch(engine: Engine, caller: Caller, data: bytes) -> list[Result]:
    """Check, append and fold a batch; return one verdict an event, in order, once on disk."""
    taking = read_batch(engine, caller, data)
    taking.join()
    if taking.events:
        taking.settle(taking.submit().result())
    taking.set_aside()
    return taking.results
