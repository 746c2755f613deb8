"""The short way in for events sent with a server key: no routing, no thread for each batch.

A batch is read on the event loop, queued, and answered when the writer says that it is on disk.
Whatever is not plain (a browser's batch, a page that must be looked up first) goes the usual way
through ``post_events``; both take the batch in the same steps.
"""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pasand.errors import CallerError, TooMuch
from pasand.ports import Verdict
from pasand.web.access import Caller
from pasand.web.answers import error_answer
from pasand.web.api_events import read_batch
from pasand.web.context import Desk

__all__ = ["EventDoor"]

PATH = "/v1/events"
_encode = msgspec.json.Encoder().encode


class EventDoor:
    """Takes batches of events off the way that all other requests go."""

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self._app = app
        self._desk = desk
        self._bell: Bell | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a plain batch, or pass the request on."""
        if scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "POST":
            # Parameters there are none: whoever sends some is told so on the usual way.
            secret = "" if scope["query_string"] else _server_key(scope)
            if secret:
                await self._take(secret, scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _take(self, secret: str, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            caller = self._desk.access.by_key(secret)
            caller.allow("events:write")
            data = await _body(receive, self._desk.engine.settings.limits.batch_bytes_max)
            answer = await self._answer(caller, data)
        except Exception as error:
            await error_answer(Request(scope), error)(scope, receive, send)
            return
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(answer)).encode()),
        ]
        await send({"type": "http.response.start", "status": 202, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _answer(self, caller: Caller, data: bytes) -> bytes:
        taking = read_batch(self._desk.engine, caller, data)
        if taking.joins_at_once:
            taking.join()
        else:
            await run_in_threadpool(taking.join)
        if taking.events:
            taking.settle(await self._written(taking.submit()))
        if taking.rejected:
            await run_in_threadpool(taking.set_aside)
        self._desk.meters.count_events(taking.results)
        return _encode({"results": taking.results})

    async def _written(self, future: Future[list[Verdict]]) -> list[Verdict]:
        if self._bell is None:
            self._bell = Bell(asyncio.get_running_loop())
        return await self._bell.wait(future)


class Bell:
    """Wakes the event loop once for all futures that a commit of the writer's has settled."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._done: deque[tuple[Future[list[Verdict]], asyncio.Future[list[Verdict]]]] = deque()
        self._rung = False

    async def wait(self, future: Future[list[Verdict]]) -> list[Verdict]:
        """Return the future's result, or raise its error."""
        waiter: asyncio.Future[list[Verdict]] = self._loop.create_future()

        def ring(done: Future[list[Verdict]]) -> None:
            self._done.append((done, waiter))
            if not self._rung:
                self._rung = True
                self._loop.call_soon_threadsafe(self._wake)

        future.add_done_callback(ring)
        return await waiter

    def _wake(self) -> None:
        # Before the queue is emptied: who comes after that rings again.
        self._rung = False
        while self._done:
            done, waiter = self._done.popleft()
            if waiter.cancelled():
                continue
            error = done.exception()
            if error is None:
                waiter.set_result(done.result())
            else:
                waiter.set_exception(error)


def _server_key(scope: Scope) -> str:
    """Return the secret of a server key, "" where the request comes in another way."""
    secret = ""
    for name, value in scope["headers"]:
        if name == b"authorization" and value[:10] == b"Bearer sk_":
            secret = value[7:].decode("latin-1").strip()
        elif name == b"origin":
            return ""
    return secret


async def _body(receive: Receive, bytes_max: int) -> bytes:
    """Return the request's body; TooMuch as soon as it grows over the limit."""
    message: Message = await receive()
    if not message.get("more_body") and len(message.get("body", b"")) <= bytes_max:
        return bytes(message.get("body", b""))
    parts, size = [], 0
    while True:
        if message["type"] == "http.disconnect":
            raise CallerError("The connection was closed before the whole batch had come.")
        part = message.get("body", b"")
        size += len(part)
        if size > bytes_max:
            raise TooMuch(
                f"The body is larger than {bytes_max:,} bytes.", fix="Send smaller batches."
            )
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()
