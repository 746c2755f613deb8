"""Replaying dead letters: original bytes are read again by today's code, and appended.

What works now leaves the dead letters; what does not stays, with its newest reason. Appending
comes first and an event id counts once, so a replay that was cut short is simply run again.
Only events that are JSON objects can be read again: a row of a table has lost its columns.
Another system's event is said in our words again, all of it: what counted already counts once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import msgspec
from msgspec import structs

from pasand.domain.events import Event
from pasand.domain.foreign import Ignored, Merges, Raw
from pasand.domain.ids import short_hash
from pasand.domain.messages import check_message
from pasand.domain.parse import parse_event
from pasand.errors import CallerError, InvalidInput, NotAllowed, TooMuch
from pasand.flows.joining import PageMemory
from pasand.ports import CatalogStore, EventLog, Rejected, Verdict

__all__ = ["Replayed", "Replayer", "Sink", "Words", "all_numbers"]

#: How another system's event is said in our words.
Words = Callable[[Mapping[str, Any]], list[Raw] | Ignored | Merges]

_CHUNK_COUNT = 500
#: An import names the file and the line of what it set aside.
_from_file = re.compile(r".*:[0-9]+").fullmatch
_NOT_JSON = "This is not a JSON object, so it cannot be replayed."
_FIX_NOT_JSON = "Correct it in its file and import that file again: rows known already count once."


class Sink(Protocol):
    """Where events and settled numbers go: the home itself, or the server that owns it."""

    def append(self, events: list[Event]) -> list[Verdict]:
        """Write events durably, one verdict each."""
        ...

    def settle_rejected(self, numbers: list[int], renewed: list[Rejected]) -> None:
        """Drop what works now, renew the reason of what does not."""
        ...


@dataclass(slots=True)
class Replayed:
    """What a replay did. ``known`` were in the log already, and left the dead letters too."""

    read: int = 0
    accepted: int = 0
    known: int = 0
    kept: int = 0


class Replayer:
    """Reads dead letters again and hands on what works."""

    def __init__(
        self,
        log: EventLog,
        catalog: CatalogStore,
        sink: Sink,
        now_ms: int,
        event_bytes_max: int,
        mappings: Mapping[str, Words] | None = None,
    ) -> None:
        self._log = log
        self._members = catalog
        self._pages = PageMemory(log)
        self._sink = sink
        self._now_ms = now_ms
        self._bytes_max = event_bytes_max
        self._mappings = mappings or {}

    def replay(
        self, numbers: Sequence[int], progress: Callable[[int, int], None] | None = None
    ) -> Replayed:
        """Replay dead letters by their numbers, in the order given; unknown ones are passed by."""
        report = Replayed()
        for start in range(0, len(numbers), _CHUNK_COUNT):
            chunk = numbers[start : start + _CHUNK_COUNT]
            found = [self._log.rejected_one(number) for number in chunk]
            self._settle([one for one in found if one is not None], report)
            if progress is not None:
                progress(min(start + _CHUNK_COUNT, len(numbers)), len(numbers))
        return report

    def replay_as(self, rejected: Rejected, body: bytes) -> Replayed:
        """Replay one dead letter with corrected bytes in place of its own."""
        report = Replayed()
        self._settle([replace(rejected, body=body)], report)
        return report

    def _settle(self, letters: Sequence[Rejected], report: Replayed) -> None:
        events: list[Event] = []
        sent: list[Rejected] = []
        renewed: list[Rejected] = []
        for letter in letters:
            report.read += 1
            try:
                found = self._events(letter)
                events += found
                sent += [letter] * len(found)
            except CallerError as error:
                renewed.append(replace(letter, reason=str(error), field=error.field, body=b""))
        settled: dict[int, None] = {}
        refused: set[int] = set()
        verdicts = self._sink.append(events) if events else []
        for letter, verdict in zip(sent, verdicts, strict=True):
            if verdict.status == "conflict":
                reason = "id_conflict: another event has this event_id"
                renewed.append(replace(letter, reason=reason, field="event_id", body=b""))
                refused.add(letter.number)
                continue
            settled[letter.number] = None
            report.accepted += verdict.status == "accepted"
            report.known += verdict.status == "duplicate"
        report.kept += len(renewed)
        self._sink.settle_rejected([one for one in settled if one not in refused], renewed)

    def _events(self, letter: Rejected) -> list[Event]:
        """Return the events of a letter: one, or as many as another system's event says."""
        way, _, source = letter.source.partition(":")
        if way not in self._mappings or _from_file(letter.source):
            return [self._event(letter)]
        said = self._mappings[way](_object(letter.body))
        if not isinstance(said, list):
            raise InvalidInput("This says nothing that is counted here.", fix="Send it again.")
        bodies = map(msgspec.json.encode, said)
        return [self._event(replace(letter, source=source, body=body)) for body in bodies]

    def _event(self, letter: Rejected) -> Event:
        """Return the event as it would have been taken when it came."""
        if len(letter.body) > self._bytes_max:
            raise TooMuch(f"The event is larger than {self._bytes_max:,} bytes.", field="event")
        raw = _object(letter.body)
        _check_session(letter, raw)
        said = short_hash(msgspec.json.encode(raw, order="sorted"), 16)
        from_file = bool(_from_file(letter.source))
        if raw.get("occurred_at") in (None, "") and not from_file:
            raw["occurred_at"] = letter.received_ms
        event = parse_event(raw, now_ms=self._now_ms, time_required=from_file)
        # A clock that ran ahead is not believed beyond the moment the event arrived.
        event = structs.replace(
            event, occurred_ms=min(event.occurred_ms, letter.received_ms), said=said
        )
        member = self._members.member(event.member_id)
        check_message(event.kind, member)
        if member is not None:
            event = structs.replace(
                event,
                country=event.country or member.country,
                time_zone=event.time_zone or member.time_zone,
                account_id=event.account_id or member.account_id,
            )
        return self._pages.join(event)


def all_numbers(log: EventLog) -> list[int]:
    """Return the numbers of every dead letter, oldest first."""
    return list(_newest_first(log))[::-1]


def _newest_first(log: EventLog) -> Iterator[int]:
    before = 0
    while page := log.rejected(_CHUNK_COUNT, before):
        yield from (one.number for one in page)
        before = page[-1].number


def _object(body: bytes) -> dict[str, Any]:
    try:
        raw = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raw = None
    if not isinstance(raw, dict):
        raise InvalidInput(_NOT_JSON, fix=_FIX_NOT_JSON)
    if "kind" not in raw and "title" in raw:
        raise InvalidInput("This is an item, not an event.", field="kind", fix=_FIX_NOT_JSON)
    return raw


def _check_session(letter: Rejected, raw: dict[str, Any]) -> None:
    """Hold an event of a browser's session to the member that the session was for."""
    name, _, member_id = letter.source.partition(" ")
    if name != "session":
        return
    if not member_id:
        raise NotAllowed("The member of this browser session was not kept.", field="member_id")
    if raw.setdefault("member_id", member_id) != member_id:
        raise NotAllowed("This session belongs to another member.", field="member_id")
