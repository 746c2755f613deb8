"""Housekeeping: erasing members and sealing days, one at a time, also while pages are served.

What takes long runs in a thread of its own; a command that waits for it asks for the state.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext

from pasand.errors import OperatorError
from pasand.flows.erasing import Eraser
from pasand.flows.sealing import DAY_MS, Sealed, expire, renew, seal_days
from pasand.member_ports import Erasure, Progress, Retention, SegmentStore
from pasand.ports import Clock, EventLog, Ledger

__all__ = ["Housekeeping"]

_log = logging.getLogger(__name__)
_NOTE = "sealed_day"
#: Sealing beside pages rests this long after every few hundred events.
REST_S = 0.05


class Housekeeping:
    """What one home does about members' data beside serving.

    ``hold`` keeps the profiles still for a moment; ``retention_days`` tells how long each kind
    of event is kept, 0 for ever.
    """

    def __init__(
        self,
        eraser: Eraser,
        segments: SegmentStore,
        retention: Retention,
        retention_days: Mapping[str, int],
        log: EventLog,
        ledger: Ledger,
        clock: Clock,
    ) -> None:
        self.eraser = eraser
        self.segments = segments
        self.hold: Callable[[], AbstractContextManager[None]] = nullcontext
        self.trouble = ""
        self._retention = retention
        self._days = dict(retention_days)
        self._events = log
        self._ledger = ledger
        self._clock = clock
        self._acting = threading.Lock()
        self._starting = threading.Lock()
        self._seal_asked = self._verify = False
        self._seen_day = ""
        self._thread: threading.Thread | None = None
        self._never = threading.Event()

    @property
    def busy(self) -> bool:
        """Whether the thread is at work."""
        return self._thread is not None and self._thread.is_alive()

    def erase(self, member_id: str) -> Erasure:
        """Refuse a member from now on, and begin to take out what is left of them."""
        erasure = self.eraser.suppress(member_id)
        if erasure.state != "done":
            self._start()
        return erasure

    def seal(
        self,
        progress: Callable[[str], Progress] | None = None,
        *,
        verify: bool = False,
        rest: Callable[[], None] | None = None,
    ) -> Sealed:
        """Finish open erasures, let go of what is old, and seal the days that are over.

        ``verify``: check every segment's hash, and write the damaged ones again.
        """
        tell = progress or (lambda name: lambda done, total: None)
        with self._acting:
            now_ms = self._clock.now_ms()
            self.eraser.walk(tell)
            expired = expire(self._retention, self._days, now_ms, self.hold)
            renewed = renew(self._events, self.segments, tell("renewing"), verify=verify)
            written = seal_days(self._events, self.segments, now_ms, tell("sealing"), rest=rest)
            self._ledger.put_note(_NOTE, str(now_ms // DAY_MS))
        return Sealed(written, renewed, expired)

    def start_seal(self, *, verify: bool = False) -> None:
        """Begin to seal in the thread."""
        self._seal_asked, self._verify = True, verify
        self._start()

    def start_if_due(self) -> None:
        """Begin to seal once a day; a home's first day ends before anything is sealed."""
        today = str(self._clock.now_ms() // DAY_MS)
        if self.busy or self._seen_day == today:
            return
        last = self._ledger.note(_NOTE)
        if not last:
            self._ledger.put_note(_NOTE, today)
        elif last != today:
            self.start_seal()
        self._seen_day = today

    def finish(self, progress: Callable[[str], Progress] | None = None) -> int:
        """Carry open erasures to their end here and now; return how much was taken out."""
        with self._acting:
            return self.eraser.walk(progress)

    def wait(self) -> None:
        """Wait until the thread has nothing left to do."""
        if self._thread is not None:
            self._thread.join()

    def _start(self) -> None:
        with self._starting:
            if not self.busy:
                self._thread = threading.Thread(target=self._work, name="keeping", daemon=True)
                self._thread.start()

    def _rest(self) -> None:
        self._never.wait(REST_S)

    def _work(self) -> None:
        self.trouble = ""
        try:
            while self._seal_asked or self.eraser.pending():
                if self._seal_asked:
                    self._seal_asked = False
                    self.seal(verify=self._verify, rest=self._rest)
                else:
                    self.finish()
        except OperatorError as error:
            self.trouble = str(error)
            _log.error("housekeeping waits: %s", error)
