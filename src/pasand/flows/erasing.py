"""Erasing a member: refused at once, then taken out of every place, then not even bytes are left.

1. *Suppress*: one durable write enters a keyed hash of the id. From then on nothing is taken
   under it, and its pages are nobody's.
2. *Take out*: every declared place is walked. Each step may be repeated, so an erasure that was
   cut short is simply walked again when the home is next opened.
3. *Scrub*: the store's file is rewritten, since a deleted row may leave bytes behind.

Anonymous visitors who turned out to be the member are erased with them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from pasand.flows.merging import visitors_of
from pasand.member_ports import Erasure, ErasureLedger, MemberPlace, Progress
from pasand.ports import Clock, EventLog

__all__ = ["Eraser"]


class Eraser:
    """Erases the members of one home, one walk at a time.

    ``forget`` is told which ids the caches must let go of.
    """

    def __init__(
        self,
        ledger: ErasureLedger,
        places: Sequence[MemberPlace],
        scrub: Callable[[], None],
        log: EventLog,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self.ledger = ledger
        self.places = tuple(places)
        self.forget: Callable[[Sequence[str]], None] = lambda member_ids: None
        self._scrub = scrub
        self._events = log
        self._clock = clock
        self._new_id = new_id
        self._walking = threading.Lock()

    def suppress(self, member_id: str) -> Erasure:
        """Refuse a member from now on and return the erasure; the rest is ``walk``'s.

        Who was erased before keeps that erasure, and nothing is done anew.
        """
        found = self.ledger.find(member_id)
        if found is None:
            ids = [member_id, *visitors_of(self._events, member_id)]
            self.ledger.suppress(ids, f"er_{self._new_id()}", self._clock.now_ms())
            self.forget(ids)
            found = self.ledger.find(member_id)
        assert found is not None
        return found

    def pending(self) -> bool:
        """Return whether anything is left to do."""
        return any(entry.state != "done" for entry in self.ledger.entries())

    def walk(self, progress: Callable[[str], Progress] | None = None) -> int:
        """Carry every open erasure to its end; return how much was taken out.

        ``progress`` gives what to call for each place by its name.

        Raises:
            StoreUnavailable: the disk failed; what is left stays open.
        """
        tell = progress or (lambda name: lambda done, total: None)
        count = 0
        with self._walking:
            walked: dict[str, list[str]] = {}
            entries = self.ledger.entries()
            for entry in entries:
                if entry.state == "pending" and entry.member_id:
                    walked.setdefault(entry.erasure_id, []).append(entry.member_id)
            for erasure_id, member_ids in walked.items():
                for place in self.places:
                    count += place.erase(erasure_id, member_ids, tell(place.name))
                self.forget(member_ids)
                self.ledger.move(erasure_id, "scrubbing", self._clock.now_ms())
            scrubbing = {entry.erasure_id for entry in entries if entry.state != "done"}
            if scrubbing:
                self._scrub()
                for erasure_id in scrubbing:
                    self.ledger.move(erasure_id, "done", self._clock.now_ms())
        return count
