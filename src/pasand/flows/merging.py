"""Merging: an anonymous visitor logs in, and what they did becomes the member's.

Two record events say so, written together: ``member_merged`` of the member names the visitor,
``member_merged`` of the visitor names the member. The member's profile is then the fold of their
own events and of the visitor's up to that moment; the visitor's later events, on a shared device
perhaps somebody else's, start anew. A visitor becomes one member and no other, and a member has
been 16 visitors at most. Events stay where they are: whoever erases or exports a member asks
``visitors_of``.
"""

from __future__ import annotations

from collections.abc import Iterable

from pasand.domain.events import Event
from pasand.domain.folding import VISITOR_COUNT_MAX
from pasand.domain.ids import short_hash
from pasand.errors import InvalidInput
from pasand.ports import EventLog

__all__ = ["merge_events", "visitors_of", "whole_history"]

#: What is said of a visitor as a member is not true of the member they turn out to be.
_OF_THE_VISITOR_ALONE = ("member_put", "member_deleted", "member_merged")

Key = tuple[int, str]


def whole_history(log: EventLog, member_id: str, upto: int | None = None) -> list[Event]:
    """Return all that a member's profile is folded from, in the order of the fold.

    ``upto`` leaves out what the log took after this offset.
    """
    events = [s.event for s in log.of_member(member_id) if upto is None or s.offset <= upto]
    for visitor_id, cut in _visitors(events).items():
        events += (
            stored.event
            for stored in log.of_member(visitor_id)
            if (upto is None or stored.offset <= upto)
            and stored.event.key < cut
            and stored.event.kind not in _OF_THE_VISITOR_ALONE
        )
    events.sort(key=lambda event: event.key)
    return events


def visitors_of(log: EventLog, member_id: str) -> tuple[str, ...]:
    """Return the anonymous visitors who turned out to be this member, oldest first."""
    return tuple(_visitors(stored.event for stored in log.of_member(member_id)))


def merge_events(log: EventLog, member_id: str, visitor_id: str, now_ms: int) -> list[Event]:
    """Return the events that make a visitor's history the member's; none where it is already.

    Raises:
        InvalidInput: the visitor is somebody else already, or no anonymous visitor, or the
            member has been too many.
    """
    if visitor_id == member_id:
        raise InvalidInput(
            "A member cannot be merged with themselves.",
            field="visitor_id",
            fix="Give the id that the visitor had before they logged in.",
        )
    left_id, came_id = (f"merge.{short_hash(visitor_id.encode(), 16)}.{n}" for n in (0, 1))
    before = log.find(left_id)
    if before is not None:
        if before.event.payload.get("into") == member_id:
            return []
        raise InvalidInput(
            "This visitor is another member already.",
            field="visitor_id",
            fix="Give whoever uses the device next a visitor id of their own.",
        )
    if visitors_of(log, visitor_id):
        raise InvalidInput(
            "This visitor is no anonymous one: others were merged into them.",
            field="visitor_id",
            fix="Merge those visitors into the member, one by one.",
        )
    own = log.of_member(member_id)
    if any(s.event.kind == "member_merged" and "into" in s.event.payload for s in own):
        raise InvalidInput(
            "This id was an anonymous visitor's, who is a member by now.",
            field="member_id",
            fix="Merge into that member.",
        )
    if len(_visitors(stored.event for stored in own)) >= VISITOR_COUNT_MAX:
        raise InvalidInput(
            f"The member has been {VISITOR_COUNT_MAX} visitors, which is the most.",
            field="visitor_id",
            fix="Go on with the member's own id; the visitor's history stays where it is.",
        )
    left, came = {"into": member_id}, {"visitor_id": visitor_id, "cut": left_id}
    return [
        Event(event_id=event_id, kind="member_merged", occurred_ms=now_ms, member_id=whose,
              payload=payload)
        for event_id, whose, payload in (
            (left_id, visitor_id, left), (came_id, member_id, came),
        )
    ]  # fmt: skip


def _visitors(events: Iterable[Event]) -> dict[str, Key]:
    """Return the visitors that these events name, with the key at which each of them ended."""
    merges = [event for event in events if event.kind == "member_merged"]
    found: dict[str, Key] = {}
    for event in sorted(merges, key=lambda event: event.key):
        visitor_id = str(event.payload.get("visitor_id") or "")
        if visitor_id and len(found) < VISITOR_COUNT_MAX:
            found.setdefault(visitor_id, (event.occurred_ms, str(event.payload.get("cut", ""))))
    return found
