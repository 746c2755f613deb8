"""Sealing: days of the log that are over go into segments, old events of bulky kinds go.

A segment ends with the day its events arrived, or after five million. Events from before the
server noted arrivals belong to the day of those around them. What retention lets go leaves the
log first, and the segments that held it are written again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import groupby

from pasand.domain.events import Stored
from pasand.member_ports import Progress, Retention, Segment, SegmentStore
from pasand.ports import EventLog

__all__ = ["DAY_MS", "SEGMENT_COUNT_MAX", "Sealed", "between", "expire", "renew", "seal_days"]

DAY_MS = 86_400_000
SEGMENT_COUNT_MAX = 5_000_000
#: Events between two rests.
REST_COUNT = 500


@dataclass(frozen=True, slots=True)
class Sealed:
    """What sealing did: segments written, segments written again, and events let go."""

    written: int = 0
    renewed: int = 0
    expired: int = 0


def expire(
    retention: Retention,
    days: Mapping[str, int],
    now_ms: int,
    hold: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> int:
    """Let go of events older than their kind's ``days`` (0: kept for ever); return how many.

    ``hold`` keeps profiles still while some go: what is cached of them follows from the log.
    """
    before_ms = {kind: now_ms - count * DAY_MS for kind, count in days.items() if count}
    count = after = 0
    while before_ms:
        with hold():
            dropped, after = retention.expire(before_ms, after)
        count += dropped
        if not after:
            break
    return count


def seal_days(
    log: EventLog,
    segments: SegmentStore,
    now_ms: int,
    progress: Progress | None = None,
    count_max: int = SEGMENT_COUNT_MAX,
    rest: Callable[[], None] | None = None,
) -> int:
    """Write every whole day that is not sealed yet; return how many segments were written.

    ``rest`` is called again and again, where others are served beside.
    """
    done = max((segment.last_offset for segment in segments.segments()), default=0)
    last, written = log.last_offset(), 0
    numbered = _numbered(_rested(log.read(done), rest), now_ms // DAY_MS, count_max)
    for _, group in groupby(numbered, key=lambda entry: entry[0]):
        segment = segments.seal(stored for _, stored in group)
        written += segment is not None
        if progress is not None and segment is not None:
            progress(segment.last_offset, last)
    return written


def _rested(events: Iterator[Stored], rest: Callable[[], None] | None) -> Iterator[Stored]:
    for count, stored in enumerate(events, 1):
        if rest is not None and count % REST_COUNT == 0:
            rest()
        yield stored


def renew(
    log: EventLog,
    segments: SegmentStore,
    progress: Progress | None = None,
    *,
    verify: bool = False,
) -> int:
    """Write again every segment whose range of the log has changed; return how many.

    ``verify``: those of which a file is damaged or missing too.
    """
    damaged = set(segments.damaged().values()) if verify else set()
    stale = [one for one in segments.segments() if one.stale or one in damaged]
    for done, segment in enumerate(stale, 1):
        segments.seal(between(log, segment), segment)
        if progress is not None:
            progress(done, len(stale))
    return len(stale)


def between(log: EventLog, segment: Segment) -> Iterator[Stored]:
    """Yield what the log has in a segment's range."""
    for stored in log.read(segment.first_offset - 1):
        if stored.offset > segment.last_offset:
            return
        yield stored


def _numbered(events: Iterator[Stored], today: int, count_max: int) -> Iterator[tuple[int, Stored]]:
    """Yield events with the number of their segment, up to the first that arrived today."""
    number = count = day = 0
    for stored in events:
        # Arrivals only rise; a clock that was set back begins no new day.
        arrived = max(day, stored.event.received_ms // DAY_MS)
        if arrived >= today:
            return
        if count == count_max or (count and day and arrived > day):
            number, count = number + 1, 0
        day, count = arrived, count + 1
        yield number, stored
