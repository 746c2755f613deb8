"""What pages of other sites may do: load the tracker's modules, and send events with a browser key.

A browser asks before it lets such a page send. It is told yes for the origins of browser keys
alone, by name, never by a wildcard, and never with cookies. This keeps honest browsers from
serving other sites; what a key may do is checked where the events come in.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["CrossOrigin"]

EVENTS = "/v1/events"
MODULES = frozenset(f"/static/{name}.js" for name in ("tracker", "outbox", "signals"))

_HEADERS = ("authorization", "content-type", "x-pasand-member", "x-pasand-session")
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": ", ".join(_HEADERS),
    "Access-Control-Max-Age": "600",
}


class CrossOrigin:
    """Answers preflights, and marks the answers that a page of another site may read."""

    def __init__(self, app: ASGIApp, knows_origin: Callable[[str], bool]) -> None:
        self._app = app
        self._knows_origin = knows_origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through."""
        path = scope.get("path")
        if scope["type"] != "http" or (path != EVENTS and path not in MODULES):
            await self._app(scope, receive, send)
            return
        sent = next((value for name, value in scope["headers"] if name == b"origin"), b"")
        origin = sent.decode("latin-1")
        if not origin and path == EVENTS:
            await self._app(scope, receive, send)
            return
        allowed = {"Vary": "Origin"}
        if path != EVENTS:
            allowed = {"Access-Control-Allow-Origin": "*"}
        elif self._knows_origin(origin):
            allowed["Access-Control-Allow-Origin"] = origin
            allowed["Access-Control-Expose-Headers"] = "Retry-After, X-Request-Id"

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(allowed)
            await send(message)

        if scope["method"] == "OPTIONS" and path == EVENTS:
            known = "Access-Control-Allow-Origin" in allowed
            answer = Response(status_code=204, headers=_PREFLIGHT if known else None)
            await answer(scope, receive, send_marked)
            return
        await self._app(scope, receive, send_marked)
