"""What an event tells an interaction's columns: the small codes of ``interactions.FEATURES``."""

from __future__ import annotations

from types import MappingProxyType

from pasand.domain.events import DEVICES
from pasand.domain.interactions import ACTIONS

__all__ = ["action_code", "action_of_kind", "device_code", "rating_code"]

#: Kinds of event that are an action of their own; the others are none of these.
_KINDS = MappingProxyType({
    "play_start": "play", "complete": "complete", "rewatch": "play", "rating": "rating",
    "thumb": "like", "list_add": "list", "view": "view", "detail_open": "view",
    "cart_add": "cart", "purchase": "purchase",
})  # fmt: skip


def action_code(name: str) -> int:
    """Return the code of an action."""
    return ACTIONS.index(name)


def action_of_kind(kind: str) -> int:
    """Return the code of what an event of a kind did, 0 where it is none of the actions."""
    return action_code(_KINDS.get(kind, "other"))


def device_code(name: str) -> int:
    """Return the code of a device class, 0 where there is no such class."""
    return DEVICES.index(name) + 1 if name in DEVICES else 0


def rating_code(stars: float) -> int:
    """Return half stars from 1 to 10, 0 where there is no rating."""
    return max(0, min(10, round(2 * stars)))
