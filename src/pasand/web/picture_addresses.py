"""Signed addresses of pictures: who was shown a picture can ask for it, nobody can guess one.

The signature covers the artwork and its file, so that another file has another address, and a
browser may keep what it has for good.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from hashlib import sha256

from pasand.domain.catalog import Artwork
from pasand.flows.engine import Engine

__all__ = ["AddressOf", "PictureAddresses", "addresses_of", "bare_address"]

AddressOf = Callable[[Artwork], str]


class PictureAddresses:
    """Signs with an installation's secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def of(self, artwork: Artwork) -> str:
        """Return where an artwork is served; ``?w=`` chooses a preset width."""
        return f"{bare_address(artwork)}/{self._sign(artwork)}"

    def holds(self, artwork: Artwork, signature: str) -> bool:
        """Return whether a signature is ours, of this artwork and its file."""
        return hmac.compare_digest(self._sign(artwork).encode(), signature.encode())

    def _sign(self, artwork: Artwork) -> str:
        data = f"artwork|{artwork.artwork_id}|{artwork.file}".encode()
        digest = hmac.new(self._secret, data, sha256).digest()
        return base64.urlsafe_b64encode(digest[:15]).decode()


def bare_address(artwork: Artwork) -> str:
    """Return an artwork's address without a signature, under which nothing is served."""
    return f"/artwork/{artwork.artwork_id}"


def addresses_of(engine: Engine) -> PictureAddresses:
    """Return what signs addresses here; the secret is read once a snapshot of the catalogue."""
    memory = engine.catalog.snapshot().memory("picture addresses")
    found: PictureAddresses | None = memory.get("signer")
    if found is None:
        secret = engine.stores.ledger.note("session_secret")
        found = memory["signer"] = PictureAddresses(bytes.fromhex(secret))
    return found
