"""Who was erased, in a dictionary, and a store in dictionaries that refuses them."""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from dataclasses import replace

from pasand.adapters.memory import MemoryStore
from pasand.domain.events import Event
from pasand.domain.naming import words_of
from pasand.errors import InvalidInput
from pasand.member_ports import Erasure
from pasand.ports import Rejected, Verdict

__all__ = ["GuardedMemoryStore", "MemoryErasures"]


class MemoryErasures:
    """Who was erased, by keyed hash."""

    def __init__(self, key: bytes = b"a key that only this ledger has") -> None:
        self._key = key
        self._entries: dict[str, Erasure] = {}

    def is_erased(self, member_id: str) -> bool:
        """Return whether a member id was erased."""
        return self._hash(member_id) in self._entries

    def names_erased(self, data: bytes) -> bool:
        """Return whether bytes name an erased member."""
        return any(map(self.is_erased, words_of(data)))

    def suppress(self, member_ids: Sequence[str], erasure_id: str, at_ms: int) -> None:
        """Refuse these ids."""
        for name in member_ids:
            known = self.find(name) or Erasure(erasure_id, name, "pending", at_ms)
            self._entries[self._hash(name)] = replace(known, member_id=name, state="pending")

    def entries(self) -> list[Erasure]:
        """Return every entry."""
        return list(self._entries.values())

    def find(self, member_id: str) -> Erasure | None:
        """Return the entry of a member id."""
        return self._entries.get(self._hash(member_id))

    def move(self, erasure_id: str, state: str, at_ms: int) -> None:
        """Take an erasure on."""
        done_ms = at_ms if state == "done" else 0
        for name, entry in self._entries.items():
            if entry.erasure_id == erasure_id:
                moved = replace(entry, state=state, member_id="", done_ms=done_ms)
                self._entries[name] = moved

    def refresh(self) -> None:
        """Do nothing: nobody else writes here."""

    def written(self) -> bytes:
        """Return the ledger as bytes."""
        rows = [[name, e.erasure_id, e.asked_ms, e.done_ms] for name, e in self._entries.items()]
        return json.dumps({"key": self._key.hex(), "rows": rows}).encode()

    def take_in(self, data: bytes) -> int:
        """Add the entries of another ledger that has the same key."""
        before = len(self._entries)
        try:
            for name, erasure_id, asked_ms, done_ms in json.loads(data)["rows"]:
                entry = Erasure(erasure_id, "", "done", asked_ms, done_ms)
                self._entries.setdefault(name, entry)
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput("This is not a ledger of erasures.", field="erasures") from error
        return len(self._entries) - before

    def _hash(self, member_id: str) -> str:
        return hmac.new(self._key, member_id.encode(), "sha256").hexdigest()


class GuardedMemoryStore(MemoryStore):
    """A store that takes nothing of who was erased."""

    def __init__(self, erasures: MemoryErasures) -> None:
        super().__init__()
        self._erasures = erasures

    def append(self, events: Sequence[Event]) -> list[Verdict]:
        """Append events."""
        refused = [self._erasures.is_erased(event.member_id) for event in events]
        rest = iter(super().append([e for e, no in zip(events, refused, strict=True) if not no]))
        return [Verdict("erased") if no else next(rest) for no in refused]

    def set_aside(self, rejected: Sequence[Rejected]) -> None:
        """Keep what was rejected."""
        named = self._erasures.names_erased
        kept = [r for r in rejected if not named(r.body) and not named(r.source.encode())]
        super().set_aside(kept)
