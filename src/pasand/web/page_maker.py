"""What makes pages, and answers searches: this process (``page_bodies.py``) or page processes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from pasand.flows.engine import PageRequest

__all__ = ["PageBody", "PageMaker", "Shape"]

#: A page as JSON for the API or as the browser's home page, or what a search finds, as JSON.
Shape = Literal["json", "home", "search"]


@dataclass(frozen=True, slots=True)
class PageBody:
    """The bytes of an answer, and how degraded its page is."""

    body: bytes
    level: int


class PageMaker(Protocol):
    """Makes pages, wherever."""

    async def make(self, shape: Shape, asked: PageRequest) -> PageBody:
        """Return the page asked for; before it is returned, its block is queued for the log."""
        ...

    async def start(self) -> None:
        """Get ready, without waiting for it."""
        ...

    async def close(self) -> None:
        """Let everything go."""
        ...

    def state(self) -> Mapping[str, int]:
        """Return what /health/ready and /metrics say of it."""
        ...
