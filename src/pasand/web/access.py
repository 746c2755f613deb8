"""Who is calling: an API key, a browser session, or the home's own owner on this machine.

Keys are 256 random bits; only their SHA-256 is stored. A session is a signed cookie that names
one member and is good for that member alone.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from pasand.domain.ids import check_id
from pasand.errors import InvalidInput, NotAllowed, NotFound
from pasand.ports import Key, Ledger

__all__ = ["COOKIE", "SCOPES", "Access", "Caller", "new_key", "revoked"]

COOKIE = "pasand_session"
SCOPES = ("events:write", "page:read", "items:write", "members:read", "members:write", "admin")
SERVER_SCOPES = SCOPES[:-1]


@dataclass(frozen=True, slots=True)
class Caller:
    """``member_id`` is set for a session, which may act for this member only."""

    name: str
    scopes: frozenset[str]
    member_id: str = ""

    def allow(self, scope: str, member_id: str = "") -> None:
        """Raise NotAllowed unless the caller may do this (for this member)."""
        if scope not in self.scopes and "admin" not in self.scopes:
            raise NotAllowed(
                f"This key may not use {scope}.",
                fix=f"Create one that may: pasand key create --scope {scope}",
            )
        if self.member_id and member_id and member_id != self.member_id:
            raise NotAllowed("This session belongs to another member.", field="member_id")

    def allow_own(self, scope: str, member_id: str) -> None:
        """Raise NotAllowed unless it is the member's own session, or the scope allows it."""
        if not self.member_id or self.member_id != member_id:
            self.allow(scope, member_id)


class Access:
    """Tells callers apart."""

    def __init__(self, ledger: Ledger, owner_token: str, session_hours: int) -> None:
        self._ledger = ledger
        self._owner_token = owner_token
        self._session_ms = session_hours * 3_600_000
        secret = ledger.note("session_secret")
        if not secret:
            secret = secrets.token_hex(32)
            ledger.put_note("session_secret", secret)
        self._secret = bytes.fromhex(secret)
        self._keys: dict[str, Key] = {}

    def refresh(self) -> None:
        """Read the keys again: a new one works, a revoked one stops, within a second."""
        stored = self._ledger.keys()
        self._keys = {key.secret_sha256: key for key in stored if not key.revoked_ms}

    def by_key(self, secret: str) -> Caller:
        """Return the caller behind a key's secret."""
        if self._owner_token and hmac.compare_digest(secret.encode(), self._owner_token.encode()):
            return Caller("owner", frozenset({"admin", "owner"}))
        digest = sha256(secret.encode()).hexdigest()
        key = self._keys.get(digest)
        if key is None:
            self.refresh()
            key = self._keys.get(digest)
        if key is None:
            raise NotAllowed("This key is not known or was revoked.", fix="pasand key list")
        return Caller(key.name, frozenset(key.scopes))

    def by_cookie(self, cookie: str, now_ms: int) -> Caller:
        """Return the session's caller.

        Raises:
            NotAllowed: the cookie is not ours or has run out.
        """
        member_id = self._opened(cookie, "member", now_ms)
        return Caller("session", frozenset({"events:write", "page:read"}), member_id)

    def cookie(self, member_id: str, now_ms: int) -> str:
        """Return a session's cookie for a member."""
        return self._sealed(check_id(member_id, "member_id"), "member", now_ms)

    def operator_cookie(self, now_ms: int) -> str:
        """Return a cookie that lets its browser choose members; it holds no key."""
        return self._sealed("operator", "operator", now_ms)

    def is_operator(self, cookie: str, now_ms: int) -> bool:
        """Return whether a cookie lets its browser choose members."""
        try:
            return self._opened(cookie, "operator", now_ms) == "operator"
        except NotAllowed:
            return False

    def _sealed(self, name: str, purpose: str, now_ms: int) -> str:
        data = f"{name}|{now_ms + self._session_ms}".encode()
        return f"{base64.urlsafe_b64encode(data).decode()}~{self._sign(purpose, data)}"

    def _opened(self, cookie: str, purpose: str, now_ms: int) -> str:
        """Return what was sealed; NotAllowed where it was not by us, for this, or is too old."""
        text, _, signature = cookie.partition("~")
        try:
            data = base64.urlsafe_b64decode(text.encode())
            name, _, until = data.decode().rpartition("|")
            good = hmac.compare_digest(self._sign(purpose, data).encode(), signature.encode())
            if good and int(until) >= now_ms:
                return name
        except ValueError:
            pass
        raise NotAllowed("This session has ended.", fix="Choose a member again.")

    def _sign(self, purpose: str, data: bytes) -> str:
        return hmac.new(self._secret, purpose.encode() + b"|" + data, sha256).hexdigest()


def new_key(name: str, scopes: tuple[str, ...], now_ms: int) -> tuple[Key, str]:
    """Return a key, yet to be stored, with its secret, which is shown this once."""
    scopes = scopes or SERVER_SCOPES
    for scope in scopes:
        if scope not in SCOPES:
            raise InvalidInput(
                f"There is no scope {scope}.", field="scope", fix=f"Known: {', '.join(SCOPES)}."
            )
    secret = "sk_" + secrets.token_urlsafe(32)
    digest = sha256(secret.encode()).hexdigest()
    return Key(f"key_{digest[:8]}", name, scopes, digest, now_ms), secret


def revoked(keys: Sequence[Key], key_id: str, now_ms: int) -> Key:
    """Return the key of that id, revoked, yet to be stored."""
    for key in keys:
        if key.key_id == key_id:
            return replace(key, revoked_ms=now_ms)
    raise NotFound(f"There is no key {key_id}.", field="key_id", fix="pasand key list")
