"""What a handler needs of its server: the engine, who is calling, and checked parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.requests import Request

from pasand.domain.events import DEVICES
from pasand.errors import InvalidInput, NotAllowed
from pasand.flows.engine import Engine
from pasand.web.access import COOKIE, Access, Caller

__all__ = [
    "Desk",
    "Meters",
    "caller_of",
    "desk_of",
    "device_of",
    "parameters",
    "same_origin",
    "whole",
]


class Meters:
    """What /metrics tells."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.pages = Counter("pasand_pages", "Pages served", ["level"], registry=self.registry)
        self.page_seconds = Histogram(
            "pasand_page_seconds",
            "Time to make a page",
            buckets=(0.002, 0.005, 0.01, 0.02, 0.03, 0.06, 0.1, 0.3, 1.0),
            registry=self.registry,
        )
        self.events = Counter(
            "pasand_events", "Events by verdict", ["status"], registry=self.registry
        )
        self.items = Gauge("pasand_items", "Items in the catalogue", registry=self.registry)
        self.answers = Counter(
            "pasand_answers", "Answers by status", ["status"], registry=self.registry
        )


@dataclass(frozen=True, slots=True)
class Desk:
    """What all handlers share."""

    engine: Engine
    access: Access
    artwork: Path
    draw: Callable[[str, int], Path | None] | None = None
    meters: Meters = field(default_factory=Meters)


class NoCredentials(NotAllowed):
    """This needs a key or a session."""

    code = "no_credentials"


def desk_of(request: Request) -> Desk:
    """Return the server's desk."""
    desk: Desk = request.app.state.desk
    return desk


def caller_of(request: Request) -> Caller:
    """Return who calls: the Authorization header's key, else the session's member."""
    desk = desk_of(request)
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret:
        return desk.access.by_key(secret.strip())
    cookie = request.cookies.get(COOKIE)
    if cookie:
        if request.method not in ("GET", "HEAD"):
            same_origin(request)
        return desk.access.by_cookie(cookie, desk.engine.now_ms())
    raise NoCredentials(
        "This needs a key.",
        field="authorization",
        fix="Send `Authorization: Bearer sk_...`; make one with `pasand key create`.",
    )


def same_origin(request: Request) -> None:
    """Refuse a session's write that another site's page sent."""
    origin = request.headers.get("origin")
    if origin and origin.rpartition("//")[2] != request.headers.get("host"):
        raise NotAllowed("This session is used from another site.", field="origin")


def parameters(request: Request, *known: str) -> dict[str, str]:
    """Return the query string's parameters; an unknown or repeated one is an error."""
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in known:
            near = get_close_matches(name, known, 1, 0.4)
            raise InvalidInput(
                f"{name} is not a parameter here.",
                field=name,
                fix=f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}.",
            )
        if name in found:
            raise InvalidInput(f"{name} is given twice.", field=name, fix="Give it once.")
        found[name] = value
    return found


def whole(found: dict[str, str], name: str, low: int, high: int) -> int | None:
    """Return a whole number between bounds, None where it is not given."""
    if name not in found:
        return None
    text = found[name]
    if not text.isdecimal() or len(text) > 12 or not low <= int(text) <= high:
        raise InvalidInput(
            f"{name} is {text[:40]!r}.", field=name, fix=f"Give a whole number, {low} to {high}."
        )
    return int(text)


def device_of(found: dict[str, str]) -> str:
    """Return the device class."""
    device = found.get("device", "desktop")
    if device not in DEVICES:
        raise InvalidInput(
            f"device is {device[:40]!r}.", field="device", fix=f"One of {', '.join(DEVICES)}."
        )
    return device
