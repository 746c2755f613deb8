"""What a handler needs of its server: the engine, who is calling, and checked parameters."""

from __future__ import annotations

from collections import Counter as PerStatus
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.requests import Request

from pasand.domain.events import DEVICES
from pasand.domain.maturity import AGE_MAX
from pasand.errors import InvalidInput, NotAllowed
from pasand.flows.engine import Engine
from pasand.flows.picturing import Pictures
from pasand.flows.watching import Watch
from pasand.web.access import BROWSER_SECRET, COOKIE, Access, Caller
from pasand.web.page_maker import PageMaker

__all__ = [
    "Desk",
    "Meters",
    "caller_of",
    "desk_of",
    "device_of",
    "parameters",
    "same_origin",
    "session_ceiling",
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
        self.profiles_behind = Gauge(
            "pasand_profiles_behind",
            "Events and members that wait to be folded before a page asks",
            registry=self.registry,
        )
        self.items = Gauge("pasand_items", "Items in the catalogue", registry=self.registry)
        self.page_processes = Gauge(
            "pasand_page_processes", "Page processes", ["state"], registry=self.registry
        )
        self.answers = Counter(
            "pasand_answers", "Answers by status", ["status"], registry=self.registry
        )
        self._answers: dict[int, Counter] = {}

    def count_answer(self, status: int) -> None:
        """Count an answer; looking a label up costs more than counting."""
        counter = self._answers.get(status)
        if counter is None:
            counter = self._answers[status] = self.answers.labels(status)
        counter.inc()

    def count_events(self, results: Sequence[Mapping[str, object]]) -> None:
        """Count a batch's verdicts."""
        for status, count in PerStatus(str(result["status"]) for result in results).items():
            self.events.labels(status).inc(count)


@dataclass(frozen=True, slots=True)
class Desk:
    """What all handlers share."""

    engine: Engine
    access: Access
    pages: PageMaker
    artwork: Path
    draw: Callable[[str, int], Path | None] | None = None
    pictures: Pictures | None = None
    meters: Meters = field(default_factory=Meters)
    watch: Watch = field(init=False)

    def __post_init__(self) -> None:
        stores = self.engine.stores
        watch = Watch(stores.storage, stores.clock, self.engine.timer)
        object.__setattr__(self, "watch", watch)


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
        secret = secret.strip()
        if secret.startswith(BROWSER_SECRET):
            return _browser_caller(desk, request, secret)
        return desk.access.by_key(secret)
    cookie = request.cookies.get(COOKIE)
    if cookie:
        if request.method not in ("GET", "HEAD"):
            same_origin(request)
        return _still(request, desk.access.by_cookie(cookie, desk.engine.now_ms()))
    raise NoCredentials(
        "This needs a key.",
        field="authorization",
        fix="Send `Authorization: Bearer sk_...`; make one with `pasand key create`.",
    )


def _browser_caller(desk: Desk, request: Request, secret: str) -> Caller:
    if (request.method, request.url.path) != ("POST", "/v1/events"):
        raise NotAllowed("A browser key may send events, and nothing else.")
    headers = request.headers
    origin, session = headers.get("origin", ""), headers.get("x-pasand-session", "")
    caller = desk.access.by_browser_key(secret, origin, session, desk.engine.now_ms())
    return _still(request, caller)


def _still(request: Request, caller: Caller) -> Caller:
    """Return the caller unless their window was opened for another member.

    A window left open while the next one changed members must not go on as theirs: its events
    stay with it until its own member is back.
    """
    if request.headers.get("x-pasand-member", caller.member_id) != caller.member_id:
        raise NotAllowed("Another member was chosen since.", field="member_id")
    return caller


def same_origin(request: Request) -> None:
    """Refuse a session's write that another site's page sent."""
    origin = request.headers.get("origin")
    if origin and origin.rpartition("//")[2] != request.headers.get("host"):
        raise NotAllowed("This session is used from another site.", field="origin")


def session_ceiling(engine: Engine, caller: Caller) -> int:
    """Return the highest age a caller may be shown: the member's own in a session."""
    if not caller.member_id:
        return AGE_MAX
    member = engine.members.get(caller.member_id)
    return engine.settings.serve.default_ceiling if member is None else member.maturity_ceiling


def parameters(request: Request, *known: str) -> dict[str, str]:
    """Return the query string's parameters; an unknown or repeated one is an error."""
    found: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name not in known:
            near = get_close_matches(name, known, 1, 0.4)
            raise InvalidInput(
                f"{name} is not a parameter here.",
                field=name,
                fix=f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known) or 'none'}.",
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
