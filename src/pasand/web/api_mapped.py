"""POST /v1/events/segment and /v1/events/ga4: other systems' events, taken like our own.

Every foreign event is said in our words (``domain/map_segment.py``, ``domain/map_ga4.py``) and
then goes the way of any batch. There is one verdict for each of our events, with the index of the
foreign one it comes from; what stands for nothing here is answered as ``ignored``, with the
reason. What is set aside keeps the bytes of the foreign event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from pasand.domain.foreign import Ignored, Merges, Raw
from pasand.domain.map_ga4 import ga4_events
from pasand.domain.map_segment import segment_events, segment_sent_at
from pasand.domain.times import time_ms
from pasand.errors import CallerError, InvalidInput, TooMuch
from pasand.flows.engine import Engine
from pasand.ports import Rejected
from pasand.web.access import Caller
from pasand.web.answers import Json, body_of, json_of
from pasand.web.api_events import Taking
from pasand.web.context import caller_of, desk_of
from pasand.web.event_reading import Moment

__all__ = ["post_ga4", "post_segment"]

Result = dict[str, Any]
#: What a foreign event says, and when its sender says that it was sent.
Told = tuple[list[Raw] | Ignored | Merges, Any]
Read = Callable[[Mapping[str, Any]], Told]

_encode = msgspec.json.Encoder().encode
_NO_TIME = "timestamp_micros is missing: an event that says the same to the letter counts once."


class _SegmentBatch(msgspec.Struct):
    batch: list[msgspec.Raw] | None = None
    context: dict[str, Any] | None = None
    sentAt: Any = None


class _Ga4Body(msgspec.Struct):
    events: list[msgspec.Raw]


@dataclass(slots=True)
class _Mapping:
    """Foreign events on their way: the ``results`` so far, and ours with the places they come
    from, by when the sender says that they were sent. What is set aside is set aside once,
    however many of our events a foreign one says.
    """

    engine: Engine
    caller: Caller
    way: str
    now_ms: int
    results: list[Result] = field(default_factory=list)
    rejected: dict[bytes, Rejected] = field(default_factory=dict)
    groups: dict[int | None, list[tuple[int, bytes, bytes]]] = field(default_factory=dict)
    merges: list[tuple[int, bytes, Merges]] = field(default_factory=list)

    @property
    def source(self) -> str:
        """Who sent this, and in whose words, for what is set aside."""
        return f"{self.way}:{self.caller.name} {self.caller.member_id}".rstrip()

    def read(self, index: int, kept: bytes, read: Read) -> None:
        """Say one foreign event in our words."""
        try:
            foreign = json_of(kept)
            if not isinstance(foreign, dict):
                raise InvalidInput("An event is a JSON object.", field="event")
            said, sent_at = read(foreign)
            sent_ms = None if sent_at is None else time_ms(sent_at, "sentAt")
        except CallerError as error:
            self.refuse(index, kept, error)
            return
        if isinstance(said, Ignored):
            self.ignore(index, said.reason)
        elif isinstance(said, Merges):
            self.merges.append((index, kept, said))
        else:
            group = self.groups.setdefault(sent_ms, [])
            group += [(index, _encode(raw), kept) for raw in said]
            count, count_max = len(group), self.engine.settings.limits.batch_count_max
            if count > count_max:
                raise TooMuch(
                    f"This says {count:,} events; {count_max:,} are allowed.",
                    field="events",
                    fix="Send smaller batches.",
                )

    def ignore(self, index: int, reason: str) -> None:
        """Note that a foreign event stands for nothing here."""
        result = {"index": index, "status": "ignored", "code": "not_mapped", "message": reason}
        self.results.append(result)

    def refuse(self, index: int, kept: bytes, error: CallerError) -> None:
        """Note a foreign event that cannot be used, and set it aside."""
        result = {"index": index, "status": "rejected", "code": error.code}
        self.results.append(result | {"field": error.field, "message": str(error)})
        self._set_aside([Rejected(self.now_ms, str(error), error.field, self.source, kept)])

    def _set_aside(self, rejected: Iterable[Rejected]) -> None:
        for one in rejected:
            self.rejected.setdefault(one.body, one)

    def take(self) -> list[Result]:
        """Append and fold what was said; return the verdicts in the order of the foreign events."""
        for sent_ms, group in self.groups.items():
            indexes, bodies, kept = map(list, zip(*group, strict=True))
            taking = Taking(self.engine, self.source, self.now_ms, bodies, kept)
            taking.read(self.caller, Moment(self.now_ms, sent_ms))
            taking.join()
            if taking.events:
                taking.settle(taking.submit().result())
            self._set_aside(taking.rejected)
            for result, index, body in zip(taking.results, indexes, bodies, strict=True):
                raw = msgspec.json.decode(body)
                result |= {"index": index, "event_id": raw["event_id"]}
                if self.way == "ga4" and "occurred_at" not in raw:
                    result.setdefault("warnings", []).append(_NO_TIME)
                self.results.append(result)
        for index, sent, merge in self.merges:
            self._merge(index, sent, merge)
        if self.rejected:
            self.engine.set_aside(list(self.rejected.values()))
        self.results.sort(key=lambda result: int(result["index"]))
        return self.results

    def _merge(self, index: int, kept: bytes, merge: Merges) -> None:
        """Give a visitor's history to the member they turned out to be."""
        if not {"members:write", "admin"} & self.caller.scopes:
            self.ignore(index, "Merging a visitor's history needs a key for members:write.")
            return
        try:
            new = self.engine.merge_visitor(merge.member_id, merge.visitor_id)
        except CallerError as error:
            self.refuse(index, kept, error)
            return
        self.results.append({"index": index, "status": "accepted" if new else "duplicate"})


async def post_segment(request: Request) -> Json:
    """Take a call of Segment's tracking interface, or a batch of them."""
    return await _answer(request, _read_segment, "segment")


async def post_ga4(request: Request) -> Json:
    """Take a body of Google Analytics' Measurement Protocol."""
    return await _answer(request, _read_ga4, "ga4")


async def _answer(request: Request, read: Callable[[_Mapping, bytes], None], way: str) -> Json:
    caller = caller_of(request)
    caller.allow("events:write")
    desk = desk_of(request)
    data = await body_of(request, desk.engine.settings.limits.batch_bytes_max)

    def take() -> list[Result]:
        mapping = _Mapping(desk.engine, caller, way, desk.engine.now_ms())
        read(mapping, data)
        return mapping.take()

    results = await run_in_threadpool(take)
    desk.meters.count_events(results)
    return Json({"results": results}, 202)


def _read_segment(mapping: _Mapping, data: bytes) -> None:
    found: _SegmentBatch = json_of(data, _SegmentBatch)
    shared = found.context or {}
    calls = [data] if found.batch is None else list(map(bytes, found.batch))
    _check_count(mapping, len(calls))
    for index, kept in enumerate(calls):

        def read(call: Mapping[str, Any]) -> Told:
            context = call.get("context")
            own = context if isinstance(context, dict) else {}
            whole = {"sentAt": found.sentAt, **call, "context": shared | own}
            said = segment_events(whole, mapping.engine.segment_kinds)
            return said, segment_sent_at(whole)

        mapping.read(index, kept, read)


def _read_ga4(mapping: _Mapping, data: bytes) -> None:
    found: _Ga4Body = json_of(data, _Ga4Body)
    envelope = {name: value for name, value in json_of(data).items() if name != "events"}
    _check_count(mapping, len(found.events))
    bytes_max = mapping.engine.settings.limits.event_bytes_max
    if len(_encode(envelope)) > bytes_max:
        raise TooMuch(f"All but the events is larger than {bytes_max:,} bytes.", field="body")
    for index, raw in enumerate(found.events):
        # One event in the envelope it came in: enough to be read again later.
        kept = _encode({**envelope, "events": [raw]})

        def read(sent: Mapping[str, Any]) -> Told:
            (event,) = sent["events"]
            if not isinstance(event, dict):
                raise InvalidInput("An event is a JSON object.", field="event")
            return ga4_events(event, sent, mapping.engine.ga4_kinds), None

        mapping.read(index, kept, read)


def _check_count(mapping: _Mapping, count: int) -> None:
    count_max = mapping.engine.settings.limits.batch_count_max
    if count > count_max:
        raise TooMuch(f"The batch has {count} events; {count_max} are allowed.", field="events")
