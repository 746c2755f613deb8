"""The web application: routes, security headers, errors, and the second hand that keeps up."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pasand.errors import CallerError, NotFound, PasandError
from pasand.flows.engine import Engine
from pasand.flows.picturing import Pictures
from pasand.web.access import Access
from pasand.web.answers import Json, error_answer
from pasand.web.context import Desk, parameters
from pasand.web.cross_origin import CrossOrigin
from pasand.web.event_door import EventDoor
from pasand.web.openapi import document
from pasand.web.page_bodies import PagesHere
from pasand.web.page_maker import PageMaker
from pasand.web.routes import ROUTES, Handler, Operation

__all__ = ["create_app"]

_log = logging.getLogger(__name__)

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
        " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]


def create_app(
    engine: Engine,
    artwork: Path,
    owner_token: str = "",
    draw: Callable[[str, int], Path | None] | None = None,
    pages: PageMaker | None = None,
    pictures: Pictures | None = None,
) -> Starlette:
    """Return the application of an open engine.

    ``artwork`` is the folder of pictures; ``draw`` makes a larger one where it can. ``pages``
    makes pages; without it, this process does. ``pictures`` takes pictures and makes their preset
    sizes; without it, none are taken and they are served as they are.
    """
    access = Access(engine.stores.ledger, owner_token, engine.settings.web.session_hours)
    desk = Desk(engine, access, pages or PagesHere(engine), artwork, draw, pictures)
    schema = document()

    async def get_schema(request: Request) -> Json:
        return Json(schema)

    static = StaticFiles(packages=[("pasand.web", "static")])
    app = Starlette(
        routes=[
            *(Route(o.path, _guarded(o), methods=[o.method]) for o in ROUTES),
            Route("/schema", _guarded(Operation("GET", "/schema", get_schema, ""))),
            Mount("/static", static),
        ],
        exception_handlers={HTTPException: _http_error},
        lifespan=_lifespan,
    )
    app.router.redirect_slashes = False  # an address has one spelling; what we answer is documented
    app.state.desk = desk
    app.add_middleware(EventDoor, desk=desk)
    app.add_middleware(CrossOrigin, knows_origin=access.knows_origin)
    app.add_middleware(_Outermost, desk=desk)
    return app


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    desk: Desk = app.state.desk
    ticking = asyncio.create_task(_tick_on(desk))
    await desk.pages.start()
    yield
    await desk.pages.close()
    if desk.pictures is not None:
        desk.pictures.close()
    ticking.cancel()
    with suppress(asyncio.CancelledError):
        await ticking


async def _tick_on(desk: Desk) -> None:
    """Every second: write profiles behind, renew views, follow promotions and keys."""
    while True:
        await asyncio.sleep(1.0)
        try:
            await run_in_threadpool(desk.watch.look)
            await run_in_threadpool(desk.engine.tick)
            await run_in_threadpool(desk.access.refresh)
            if desk.engine.keeping is not None:
                await run_in_threadpool(desk.engine.keeping.start_if_due)
        except PasandError as error:
            _log.error("keeping up failed, will try again: %s", error)


def _guarded(operation: Operation) -> Handler:
    """Return the handler with its errors turned into answers.

    The API refuses parameters that it does not know. People's pages let those pass that links
    gather on their way, unless they read parameters themselves.
    """
    handler, known = operation.handler, [parameter.name for parameter in operation.parameters]

    async def guarded(request: Request) -> Response:
        try:
            if operation.api:
                parameters(request, *known)
            return await handler(request)
        except CallerError as error:
            return error_answer(request, error)
        except Exception as error:
            return error_answer(request, error)

    guarded.__name__ = handler.__name__
    return guarded


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        answer = error_answer(request, CallerError(f"{request.method} is not for this path."))
        answer.status_code = 405
        return answer
    return error_answer(request, NotFound("There is nothing at this address.", fix="See /schema."))


class _Outermost:
    """Gives each request an id, each answer its security headers, and counts answers.

    A wish for a part of a file is left out, as a server may: files are small, and of a wish that
    cannot be read the file server would tell in plain words instead of ours.
    """

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self._app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"range"]
        scope["request_id"] = secrets.token_hex(8)
        request_id = (b"x-request-id", scope["request_id"].encode())

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name for name, _ in given}
                added = (pair for pair in _RAW_HEADERS if pair[0] not in names)
                message["headers"] = [*given, *added, request_id]
                self._desk.meters.count_answer(message["status"])
            await send(message)

        await self._app(scope, receive, send_with_headers)
