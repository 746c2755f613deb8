"""The PIN of a household: what it takes to leave a kids' profile.

Only a salted scrypt hash is stored, as a note of the ledger under a hash of the household's id:
a PIN is in no event, no dead letter, no export and no log. After five wrong tries each further
one has to wait, twice as long every time, up to an hour. Four digits can be tried one by one
by whoever holds the store itself, so the hash is no reason to show the store around.
"""

from __future__ import annotations

import hmac
import re
import secrets
import threading
from hashlib import scrypt

import msgspec

from pasand.domain.ids import short_hash
from pasand.errors import InvalidInput, NotAllowed
from pasand.ports import Ledger

__all__ = ["PinKeeper", "PinWait", "PinWrong"]

FREE_TRIES = 5
WAIT_FIRST_MS = 30_000
WAIT_MAX_MS = 3_600_000

_is_pin = re.compile(r"[0-9]{4}").fullmatch


class PinWrong(NotAllowed):
    """That is not the PIN."""

    code = "pin_wrong"

    def __init__(self, tries_left: int) -> None:
        self.tries_left = tries_left
        super().__init__(field="pin", fix=f"Tries left before a wait: {tries_left}.")


class PinWait(NotAllowed):
    """The PIN was wrong too often."""

    code = "pin_wait"

    def __init__(self, wait_ms: int) -> None:
        self.wait_s = max(1, -(-wait_ms // 1000))
        super().__init__(field="pin", fix=f"Try again in {self.wait_s} seconds.")


class _Lock(msgspec.Struct):
    """What is stored: the hash with its salt, wrong tries in a row, and when to try again."""

    salt: str = ""
    digest: str = ""
    wrong_count: int = 0
    next_ms: int = 0


class PinKeeper:
    """PINs by household. Tries are counted before they are judged, one at a time."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._turn = threading.Lock()

    def is_set(self, household: str) -> bool:
        """Return whether leaving a kids' profile of this household takes a PIN."""
        return bool(self._read(household).digest)

    def set(self, household: str, pin: str) -> None:
        """Set a household's PIN; the empty text takes it away.

        Raises:
            InvalidInput: it is not four digits.
        """
        if pin and not _is_pin(pin):
            raise InvalidInput("A PIN has four digits.", field="pin", fix="Choose four digits.")
        with self._turn:
            salt = secrets.token_bytes(16)
            lock = _Lock(salt.hex(), _digest(pin, salt)) if pin else _Lock()
            self._write(household, lock)

    def check(self, household: str, pin: str, now_ms: int) -> None:
        """Return where the PIN is right, or none is set.

        Raises:
            PinWait: it was wrong too often; nothing was compared.
            PinWrong: it is not the PIN.
        """
        with self._turn:
            lock = self._read(household)
            if not lock.digest:
                return
            # A clock that was set back must not lock a household out for longer than the rule.
            if now_ms < lock.next_ms <= now_ms + WAIT_MAX_MS:
                raise PinWait(lock.next_ms - now_ms)
            lock.wrong_count += 1
            over = lock.wrong_count - FREE_TRIES
            wait_ms = min(WAIT_MAX_MS, WAIT_FIRST_MS << min(over, 12)) if over >= 0 else 0
            lock.next_ms = now_ms + wait_ms if wait_ms else 0
            self._write(household, lock)
            if hmac.compare_digest(_digest(pin, bytes.fromhex(lock.salt)), lock.digest):
                self._write(household, _Lock(lock.salt, lock.digest))
                return
        if wait_ms:
            raise PinWait(wait_ms)
        raise PinWrong(-over)

    def _read(self, household: str) -> _Lock:
        note = self._ledger.note(_name(household))
        return msgspec.json.decode(note, type=_Lock) if note else _Lock()

    def _write(self, household: str, lock: _Lock) -> None:
        self._ledger.put_note(_name(household), msgspec.json.encode(lock).decode())


def _name(household: str) -> str:
    return f"pin.{short_hash(household.encode(), 16)}"


def _digest(pin: str, salt: bytes) -> str:
    return scrypt(pin.encode("utf-8", "replace"), salt=salt, n=2**14, r=8, p=1).hex()
