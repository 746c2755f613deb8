"""Who is calling: an API key, a browser session, or the home's own owner on this machine.

Keys are 256 random bits; only their SHA-256 is stored. A session is a signed cookie that names
one member and is good for that member alone. A browser key is no secret: it stands in a shop's
page. It may send events only, from the shop's own pages, and for the one member that the shop's
server has had signed.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from pasand.domain.ids import check_id
from pasand.errors import InvalidInput, NotAllowed, NotFound
from pasand.ports import Key, Ledger

__all__ = [
    "BROWSER_SECRET",
    "COOKIE",
    "SCOPES",
    "TOKEN_MS",
    "Access",
    "Caller",
    "new_browser_key",
    "new_key",
    "revoked",
]

COOKIE = "pasand_session"
SCOPES = ("events:write", "page:read", "items:write", "members:read", "members:write", "admin")
SERVER_SCOPES = SCOPES[:-1]
SESSION_SCOPES = frozenset({"events:write", "page:read"})
BROWSER_SCOPES = frozenset({"events:write"})
#: How the secret of a browser key begins.
BROWSER_SECRET = "bk_"
#: How long a member's token for a browser key lasts.
TOKEN_MS = 3_600_000

#: An id that a browser makes up for a visitor: nobody guesses another one's.
_is_visitor = re.compile(
    r"visitor-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
).fullmatch
_is_origin = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?").fullmatch
_OWN_PORT = {"http:": ":80", "https": ":443"}


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
        # A browser key speaks for a member too, but may send events only.
        if not self.member_id or self.member_id != member_id or "page:read" not in self.scopes:
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
        self._stored: list[Key] = []
        # By the digest of the secret: what each live key is good for, made once.
        self._callers: dict[str, Caller] = {}
        self._browser_keys: dict[str, Key] = {}
        self._origins: frozenset[str] = frozenset()

    def refresh(self) -> None:
        """Read the keys again: a new one works, a revoked one stops, within a second."""
        stored = self._ledger.keys()
        if stored == self._stored:
            return
        live = [key for key in stored if not key.revoked_ms]
        self._callers = {
            key.secret_sha256: Caller(key.name, frozenset(key.scopes))
            for key in live
            if not key.origins
        }
        self._browser_keys = {key.secret_sha256: key for key in live if key.origins}
        self._origins = frozenset(origin for key in live for origin in key.origins)
        self._stored = stored

    def by_key(self, secret: str) -> Caller:
        """Return the caller behind a server key's secret."""
        digest = sha256(secret.encode()).hexdigest()
        caller = self._callers.get(digest)
        if caller is not None:
            return caller
        if self._owner_token and hmac.compare_digest(secret.encode(), self._owner_token.encode()):
            return Caller("owner", frozenset({"admin", "owner"}))
        self.refresh()
        caller = self._callers.get(digest)
        if caller is None:
            raise _unknown_key()
        return caller

    def by_browser_key(self, secret: str, origin: str, session: str, now_ms: int) -> Caller:
        """Return the caller behind a browser key: one member's session that may send events.

        ``origin`` is where the page is from, ``session`` the token of a member, or the id of a
        visitor where the key takes visitors.

        Raises:
            NotAllowed: the key is not known, the page is another site's, or nobody signed for
                the member.
        """
        digest = sha256(secret.encode()).hexdigest()
        if digest not in self._browser_keys:
            self.refresh()
        key = self._browser_keys.get(digest)
        if key is None:
            raise _unknown_key()
        if origin not in key.origins:
            raise NotAllowed(
                "This browser key is for the pages of another site.",
                field="origin",
                fix="Create one for this: pasand key create --browser --origin https://...",
            )
        if key.visitors and _is_visitor(session):
            return Caller("session", BROWSER_SCOPES, session)
        try:
            return Caller("session", BROWSER_SCOPES, self._opened(session, "browser", now_ms))
        except NotAllowed as error:
            raise NotAllowed(
                "The token in X-Pasand-Session is missing, not ours, or too old.",
                field="session",
                fix="Ask your own server for a new one, which gets it by POST /v1/sessions.",
            ) from error

    def knows_origin(self, origin: str) -> bool:
        """Return whether pages from there may use a browser key."""
        return origin in self._origins

    def token(self, member_id: str, now_ms: int) -> str:
        """Return what a browser shows beside its key to send events of this member."""
        return self._sealed(check_id(member_id, "member_id"), "browser", now_ms + TOKEN_MS)

    def by_cookie(self, cookie: str, now_ms: int) -> Caller:
        """Return the session's caller.

        Raises:
            NotAllowed: the cookie is not ours or has run out.
        """
        return Caller("session", SESSION_SCOPES, self._opened(cookie, "member", now_ms))

    def cookie(self, member_id: str, now_ms: int) -> str:
        """Return a session's cookie for a member."""
        until_ms = now_ms + self._session_ms
        return self._sealed(check_id(member_id, "member_id"), "member", until_ms)

    def operator_cookie(self, now_ms: int) -> str:
        """Return a cookie that lets its browser choose members; it holds no key."""
        return self._sealed("operator", "operator", now_ms + self._session_ms)

    def is_operator(self, cookie: str, now_ms: int) -> bool:
        """Return whether a cookie lets its browser choose members."""
        try:
            return self._opened(cookie, "operator", now_ms) == "operator"
        except NotAllowed:
            return False

    def lock_cookie(self, member_id: str, until_ms: int) -> str:
        """Return a cookie that holds its browser to a kids' profile."""
        return self._sealed(member_id, "kids", until_ms)

    def locked_member(self, cookie: str, now_ms: int) -> str:
        """Return the kids' profile a cookie holds its browser to, empty where none does."""
        try:
            return self._opened(cookie, "kids", now_ms)
        except NotAllowed:
            return ""

    def _sealed(self, name: str, purpose: str, until_ms: int) -> str:
        data = f"{name}|{until_ms}".encode()
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
    return _with_secret("sk_", Key("", name, scopes, "", now_ms))


def new_browser_key(
    name: str, origins: Sequence[str], now_ms: int, visitors: bool = False
) -> tuple[Key, str]:
    """Return a key for the pages of these origins, yet to be stored, with its secret.

    Raises:
        InvalidInput: no origin is given, or one has a path, a wildcard or capitals.
    """
    fix = "Give scheme, host and port as browsers do: --origin https://shop.example"
    if not origins:
        raise InvalidInput("A browser key needs the site it is for.", field="origin", fix=fix)
    for origin in origins:
        # Browsers never say a scheme's own port, so such an origin would never match.
        if not _is_origin(origin) or origin.endswith(_OWN_PORT[origin[:5]]):
            raise InvalidInput(f"{origin[:80]!r} is not an origin.", field="origin", fix=fix)
    key = Key("", name, tuple(BROWSER_SCOPES), "", now_ms, 0, tuple(origins), visitors)
    return _with_secret(BROWSER_SECRET, key)


def _with_secret(prefix: str, key: Key) -> tuple[Key, str]:
    secret = prefix + secrets.token_urlsafe(32)
    digest = sha256(secret.encode()).hexdigest()
    return replace(key, key_id=f"key_{digest[:8]}", secret_sha256=digest), secret


def _unknown_key() -> NotAllowed:
    return NotAllowed("This key is not known or was revoked.", fix="pasand key list")


def revoked(keys: Sequence[Key], key_id: str, now_ms: int) -> Key:
    """Return the key of that id, revoked, yet to be stored."""
    for key in keys:
        if key.key_id == key_id:
            return replace(key, revoked_ms=now_ms)
    raise NotFound(f"There is no key {key_id}.", field="key_id", fix="pasand key list")
