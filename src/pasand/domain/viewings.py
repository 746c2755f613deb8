"""Viewings: what the events of watching one item come to, by the rules of ``labels.py``.

A viewing is what a member does with an item until they begin it anew: with a ``rewatch``, with a
play after it was finished, or with anything after it was given up. Each label is told of once a
viewing, when it becomes true. What the sender says outright counts too: a ``complete`` finishes,
an ``abandon`` gives up what is not finished. An item that was given up outright and is resumed
nevertheless goes on as the same viewing, which may still come to a good end.

Events may come late. The furthest position counts, so their order matters only around the
beginning of another viewing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

from pasand.domain.events import Event
from pasand.domain.labels import abandoned, fast_finish, finished, quality_play

__all__ = ["VIEWING_LABELS", "Viewing", "Viewings"]

#: What can be said of a viewing.
VIEWING_LABELS = ("quality_play", "finished", "fast_finish", "abandoned")

_STARTS = ("play_start", "rewatch")

About = TypeVar("About")
Key = TypeVar("Key", bound=Hashable)


class Viewing(Generic[About]):
    """One viewing so far; times in ms, positions in seconds, a length of 0 is not known.

    ``begun_ms`` is -1 where nobody saw it begin; what was watched before a first
    ``play_start`` in the middle of an item is not counted again.
    """

    __slots__ = ("about", "begun_ms", "duration_s", "from_s", "furthest_s", "labels", "last_ms")

    def __init__(self, about: About, event: Event) -> None:
        self.about = about
        self.begun_ms = -1
        self.from_s = event.number("position_s") if event.kind in _STARTS else 0.0
        self.furthest_s = self.duration_s = 0.0
        self.last_ms = event.occurred_ms
        self.labels: tuple[str, ...] = ()

    def ended_before(self, event: Event) -> bool:
        """Whether ``event`` of the same item belongs to another viewing, after this one."""
        if event.occurred_ms < self.last_ms:
            return False
        if event.kind == "play_start" and "finished" in self.labels:
            # Played on after nine tenths are the credits.
            return not finished(event.number("position_s"), self.duration_s)
        return event.kind == "rewatch" or self.given_up(event.occurred_ms)

    def given_up(self, now_ms: int) -> bool:
        """Whether by ``now_ms`` it was left too early for too long."""
        return "finished" not in self.labels and bool(
            abandoned(self.furthest_s, self.duration_s, now_ms - self.last_ms)
        )

    def take(self, event: Event) -> tuple[str, ...]:
        """Go on with ``event`` and return the labels that it made true."""
        at_ms = event.occurred_ms
        position_s = event.number("position_s")
        self.last_ms = max(self.last_ms, at_ms)
        self.furthest_s = max(self.furthest_s, position_s)
        self.duration_s = max(event.number("duration_s"), 0.0) or self.duration_s
        if event.kind in _STARTS and int(position_s) == 0:
            self.begun_ms = at_ms if self.begun_ms < 0 else min(self.begun_ms, at_ms)
        found: list[str] = []
        if event.kind == "complete" or finished(self.furthest_s, self.duration_s):
            found += ["quality_play", "finished"]
            fresh = self.begun_ms >= 0 and "finished" not in self.labels
            found += ["fast_finish"] if fresh and fast_finish(self.begun_ms, at_ms) else []
        elif quality_play(self.furthest_s - self.from_s, self.duration_s):
            found.append("quality_play")
        if event.kind == "abandon" and "finished" not in (*self.labels, *found):
            found.append("abandoned")
        return self.say(*found)

    def say(self, *labels: str) -> tuple[str, ...]:
        """Note labels and return those that are new."""
        new = tuple(label for label in labels if label not in self.labels)
        self.labels += new
        return new


class Viewings(Generic[Key, About]):
    """The newest viewing of each key, of ``count_max`` keys at most.

    The key is a member and an item; ``about`` is whatever the caller wants to know again with a
    label, as it was when the viewing began. The viewing that was touched longest ago makes room,
    judged by the newest time seen so far.
    """

    def __init__(self, count_max: int) -> None:
        self._open: OrderedDict[Key, Viewing[About]] = OrderedDict()
        self._count_max = count_max
        self._newest_ms = 0

    def take(self, key: Key, event: Event, about: About) -> Iterator[tuple[About, str]]:
        """Yield what came true with an event of watching (``WATCH_KINDS``)."""
        self._newest_ms = max(self._newest_ms, event.occurred_ms)
        viewing = self._open.get(key)
        if viewing is not None and viewing.ended_before(event):
            yield from _judged(viewing, event.occurred_ms)
            viewing = None
        if viewing is None:
            viewing = self._open[key] = Viewing(about, event)
        self._open.move_to_end(key)
        for label in viewing.take(event):
            yield viewing.about, label
        while len(self._open) > self._count_max:
            yield from _judged(self._open.popitem(last=False)[1], self._newest_ms)

    def end(self, now_ms: int) -> Iterator[tuple[About, str]]:
        """Yield what is true of the viewings that are still open, at ``now_ms``."""
        while self._open:
            yield from _judged(self._open.popitem(last=False)[1], now_ms)


def _judged(viewing: Viewing[About], now_ms: int) -> Iterator[tuple[About, str]]:
    """Yield "abandoned" where a viewing was given up without a word."""
    if viewing.given_up(now_ms):
        for label in viewing.say("abandoned"):
            yield viewing.about, label
