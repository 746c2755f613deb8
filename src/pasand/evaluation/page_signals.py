"""Taking one signal out of a request, to see what the page is worth without it.

Most signals are taken out of the query. What an event said (a rating's stars, how long a cell was
looked at) is woven into the profile, so there the events are silenced before they are folded.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from pasand.domain.counters import Counters
from pasand.domain.counters_view import CountersView
from pasand.domain.events import Event
from pasand.domain.profile import Profile, Recent
from pasand.domain.query import Query

__all__ = ["CONTEXT", "FOLDED", "SIGNALS", "silenced", "without"]

DAY_MS = 86_400_000
HOUR_MS = 3_600_000

#: Every signal by its name.
SIGNALS = ("popularity", "search", "rating", "hour", "date", "device", "dwell", "scroll")
#: What the part "context" of a page is made of.
CONTEXT = ("search", "hour", "date", "device")
#: Those that are taken out of the events.
FOLDED = ("rating", "dwell", "scroll")


def silenced(event: Event, signal: str) -> Event | None:
    """Return an event without what it says of a signal, None where it says nothing else."""
    if signal == "rating" and event.kind in ("rating", "thumb"):
        # Rated it was, which is why it is known at all; not how.
        said = {name: value for name, value in event.payload.items() if name != "value"}
        return msgspec.structs.replace(event, payload=said) if event.kind == "rating" else None
    if signal == "dwell" and event.kind in ("hover", "preview", "detail_open"):
        return None
    if signal == "dwell" and "dwell_ms" in event.payload:
        said = {name: value for name, value in event.payload.items() if name != "dwell_ms"}
        return msgspec.structs.replace(event, payload=said)
    if signal == "scroll" and event.kind == "scroll":
        return None
    return event


def without(query: Query, signal: str) -> Query:
    """Return a query that does not know a signal; its seed draws what stands in for an hour.

    ``hour``: the request and what came before it are moved together by some hours, so that only
    the hour is wrong. ``date``: the request is taken to come on the day of the last event, at its
    own hour. ``device``: as from a device of no class. Two parts of a page are taken out the same
    way: all of ``context``, and the ``profile``.
    """
    if signal == "context":
        for each in CONTEXT:
            query = without(query, each)
        return query
    if signal == "profile":
        return replace(query, profile=Profile(member_id=query.member_id), encoded=None)
    assert signal in SIGNALS, f"there is no signal {signal}"
    if signal == "popularity":
        return replace(query, counters=Counters(query.weights).view())
    if signal == "search":
        profile = msgspec.structs.replace(query.profile, searches=())
        return replace(query, search="", profile=profile)
    if signal == "hour":
        hours = int(query.rng("without-hour").integers(1, 24)) - 12
        return moved(query, HOUR_MS * (hours if hours < 0 else hours + 1))
    if signal == "date":
        last_ms = query.profile.last_ms
        if not last_ms or query.at_ms - last_ms < DAY_MS:
            return query
        at_ms = last_ms + (query.at_ms - last_ms) % DAY_MS
        counters = _counted(query.counters, at_ms - query.at_ms)
        return replace(query, at_ms=at_ms, counters=counters, encoded=None)
    if signal == "device":
        return replace(query, device="other", encoded=None)
    return query


def moved(query: Query, by_ms: int) -> Query:
    """Return a query at another time, and with it when everything recent in its profile was."""
    by_s = by_ms // 1000
    profile = query.profile
    recent = tuple(Recent(i, code, at_s + by_s, value) for i, code, at_s, value in profile.recent)
    visit = profile.visit
    if visit.start_s:
        visit = msgspec.structs.replace(
            visit, start_s=visit.start_s + by_s, last_s=visit.last_s + by_s
        )
    watching = {
        name: watch._replace(at_s=watch.at_s + by_s) for name, watch in profile.watching.items()
    }
    shifted: Profile = msgspec.structs.replace(
        profile, recent=recent, visit=visit, watching=watching, last_ms=profile.last_ms + by_ms
    )
    counters = _counted(query.counters, by_ms)
    return replace(
        query, at_ms=query.at_ms + by_ms, profile=shifted, counters=counters, encoded=None
    )


def _counted(counters: CountersView, by_ms: int) -> CountersView:
    """Return counts that are as old at another time as they are now."""
    moved_ms = {speed: base_ms + by_ms for speed, base_ms in counters.base_ms.items()}
    return replace(counters, base_ms=moved_ms, _cache={})
