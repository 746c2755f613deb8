"""The owner of a home, reached over HTTP by another command on the same machine."""

from __future__ import annotations

import http.client
from typing import Any
from urllib.parse import urlsplit

import msgspec

from pasand.domain.events import Event
from pasand.domain.rules import Rule
from pasand.errors import InvalidInput, StoreUnavailable
from pasand.ports import Key, Rejected, Verdict

__all__ = ["RemoteOwner"]


class RemoteOwner:
    """Sends events, keys and promotions to the running server that owns the home."""

    def __init__(self, url: str, token: str) -> None:
        self._address = urlsplit(url).netloc
        self._token = token

    def append(self, events: list[Event]) -> list[Verdict]:
        """Write events durably, one verdict each (offsets stay with the owner)."""
        answer = self._post("/owner/batch", msgspec.msgpack.encode({"events": events}))
        return [Verdict(status) for status in answer["status"]]

    def set_aside(self, rejected: list[Rejected]) -> None:
        """Keep what could not be used."""
        self._post("/owner/batch", msgspec.msgpack.encode({"rejected": rejected}))

    def settle_rejected(self, numbers: list[int], renewed: list[Rejected]) -> None:
        """Drop dead letters that were replayed, renew the reason of the others."""
        entry = {"settled": numbers, "renewed": renewed}
        self._post("/owner/batch", msgspec.msgpack.encode(entry))

    def refold(self, member_ids: list[str]) -> None:
        """Throw profiles away and fold them again from the log."""
        self._post("/owner/batch", msgspec.msgpack.encode({"refold": member_ids}))

    def put_key(self, key: Key) -> None:
        """Store a key."""
        self._post("/owner/ledger", msgspec.json.encode({"key": key}))

    def promote(self, snapshot_id: str) -> None:
        """Make a snapshot live."""
        self._post("/owner/ledger", msgspec.json.encode({"promote": snapshot_id}))

    def put_rule(self, rule: Rule) -> None:
        """Store a rule."""
        self._post("/owner/ledger", msgspec.json.encode({"rule": rule}))

    def keep(self, erase: str = "", seal: bool = False, verify: bool = False) -> dict[str, Any]:
        """Begin to erase a member or to seal days; return whether it is busy, and what is wrong."""
        entry = {"erase": erase, "seal": seal, "verify": verify}
        return self._post("/owner/keeping", msgspec.json.encode(entry))

    def refresh(self) -> None:
        """Make every view of the server current."""
        self._post("/owner/ledger", b"{}")

    def _post(self, path: str, body: bytes) -> dict[str, Any]:
        connection = http.client.HTTPConnection(self._address, timeout=120)
        try:
            headers = {"Authorization": f"Bearer {self._token}"}
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            data = response.read()
        except OSError as error:
            raise StoreUnavailable(
                f"The server at {self._address} owns this home but does not answer: {error}.",
                fix="Wait for it, or stop it.",
            ) from error
        finally:
            connection.close()
        answer: dict[str, Any] = msgspec.json.decode(data) if data else {}
        if response.status >= 400:
            detail = answer.get("error", {})
            raise InvalidInput(
                detail.get("message", f"HTTP {response.status}"), fix=detail.get("fix", "")
            )
        return answer
