"""Importing: rows of a user's files become records and events; a bad row is set aside.

Nothing is lost: what cannot be used is kept with its reason and original text. Readers hand in
what they read; where it goes is the caller's ``Sink`` (an open engine, or a running server).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from pasand.domain.catalog import Item
from pasand.domain.events import Event
from pasand.domain.ids import short_hash
from pasand.domain.intake import RawRow, SetAside
from pasand.domain.member import Member
from pasand.domain.parse import event_to_json, parse_event, parse_item, parse_member
from pasand.domain.records import item_record, member_record
from pasand.errors import CallerError
from pasand.ports import Rejected, Verdict

__all__ = ["Report", "Sink", "import_parsed", "import_rows", "record_event"]

BATCH_COUNT = 5_000
_CONFLICT = "id_conflict: another event has this event_id"
Parsed = Item | Member | Event | SetAside


class Sink(Protocol):
    """Where an import's events go."""

    def append(self, events: list[Event]) -> list[Verdict]:
        """Write events durably, one verdict each."""
        ...

    def set_aside(self, rejected: list[Rejected]) -> None:
        """Keep what could not be used."""
        ...


@dataclass(slots=True)
class Report:
    """What an import did. ``kept`` counts what is new; a repeated row is a duplicate; of
    members who were erased nothing is kept.
    """

    read: int = 0
    kept: int = 0
    duplicate: int = 0
    erased: int = 0
    set_aside: Counter[str] = field(default_factory=Counter)

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "rows_read": self.read,
            "rows_kept": self.kept,
            "rows_duplicate": self.duplicate,
            **({"rows_of_erased_members": self.erased} if self.erased else {}),
            "rows_set_aside": sum(self.set_aside.values()),
            "reasons": dict(self.set_aside.most_common(20)),
        }


def import_rows(
    rows: Iterable[RawRow],
    what: str,
    source: str,
    sink: Sink | None,
    now_ms: int,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Import rows of a table of ``what`` (items, members, events); None as sink is a dry run."""
    return import_parsed(_parsed(rows, what, now_ms), source, sink, now_ms, progress)


def import_parsed(
    parsed: Iterable[Parsed],
    source: str,
    sink: Sink | None,
    now_ms: int,
    progress: Callable[[int], None] | None = None,
) -> Report:
    """Import what a reader has understood, in batches."""
    report = Report()
    events: list[Event] = []
    rejected: list[Rejected] = []

    def settle() -> None:
        if sink is not None and rejected:
            sink.set_aside(list(rejected))
        verdicts = sink.append(list(events)) if sink is not None and events else ()
        statuses = Counter(verdict.status for verdict in verdicts)
        report.duplicate += statuses["duplicate"]
        report.kept += statuses["accepted"] if sink is not None else len(events)
        report.erased += statuses["erased"]
        if sink is not None and statuses["conflict"]:
            report.set_aside[_CONFLICT] += statuses["conflict"]
            sink.set_aside(
                [
                    Rejected(now_ms, _CONFLICT, "event_id", source, event_bytes(event))
                    for event, verdict in zip(events, verdicts, strict=True)
                    if verdict.status == "conflict"
                ]
            )
        events.clear()
        rejected.clear()
        if progress is not None:
            progress(report.read)

    for entry in parsed:
        report.read += 1
        if isinstance(entry, SetAside):
            report.set_aside[entry.reason] += 1
            place = f"{entry.file or source}:{entry.number}"
            body = entry.text.encode("utf-8", "surrogateescape")
            rejected.append(Rejected(now_ms, entry.reason, "", place, body))
        else:
            events.append(record_event(entry, now_ms))
        if len(events) + len(rejected) >= BATCH_COUNT:
            settle()
    settle()
    return report


def event_bytes(event: Event) -> bytes:
    """Return an event as the JSON that the API takes, to be kept with what was set aside."""
    return msgspec.json.encode(event_to_json(event))


def record_event(entry: Item | Member | Event, now_ms: int) -> Event:
    """Return the log's event for a record; the same record of one import is one event."""
    if isinstance(entry, Event):
        return entry
    if isinstance(entry, Item):
        payload, kind = item_record(entry), "item_put"
        item_id, member_id = entry.item_id, ""
    else:
        payload, kind = member_record(entry), "member_put"
        item_id, member_id = "", entry.member_id
    digest = short_hash(repr(sorted(payload.items())).encode(), 12)
    event_id = f"{kind}.{digest}.{now_ms}"
    return Event(
        event_id=event_id,
        kind=kind,
        occurred_ms=now_ms,
        item_id=item_id,
        member_id=member_id,
        payload=payload,
    )


def _parsed(rows: Iterable[RawRow], what: str, now_ms: int) -> Iterator[Parsed]:
    for row in rows:
        if row.values is None:
            yield SetAside(row.number, row.text, row.problem)
            continue
        try:
            if what == "items":
                yield parse_item(row.values)
            elif what == "members":
                yield parse_member(row.values)
            else:
                yield parse_event(row.values, now_ms=now_ms, time_required=True)
        except CallerError as error:
            yield SetAside(row.number, row.text, str(error))
