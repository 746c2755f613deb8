"""Page processes: pages are made beside the process that listens and owns the store.

Each is a child over a socket pair. A request goes to the one with the fewest waiting. One that
dies or does not answer costs nothing but time: the page is asked of another, then made here.
What is logged of a page comes after it, and nobody waits for it but who asks for the page's
continuation; where the process dies in between, nothing is learned from that page.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import cast

from starlette.concurrency import run_in_threadpool

from pasand.flows.engine import Engine, PageRequest
from pasand.ports import Sealed
from pasand.web.page_bodies import PagesHere
from pasand.web.page_frames import Answer, Ask, Frames, Logged, frame
from pasand.web.page_maker import PageBody, Shape

__all__ = ["PageProcesses"]

_log = logging.getLogger(__name__)

#: After so long without a word from a page process that owes pages, they are made here instead;
#: they are not sent when they come after all. One that only has much to do is waited for.
SILENCE_S = 1.5
#: After so long it is ended.
SILENCE_MAX_S = 3.0
#: How long the next one waits to be started: doubled each time, as before once one has lasted.
RESTART_WAIT_S = 0.2
RESTART_WAIT_MAX_S = 30.0
LASTED_S = 10.0
_END_WAIT_S = 2.0
#: How long a page that continues another waits for what was logged of that one.
BLOCK_WAIT_S = 0.05
_ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


class ProcessLost(Exception):
    """The page process ended, or could not make this page."""


class PageProcesses:
    """``count`` page processes over the home at ``path``, and this process where they fail."""

    def __init__(self, engine: Engine, path: Path, count: int) -> None:
        self._engine = engine
        self._path = path
        self._count = count
        self._here = PagesHere(engine)
        self._ready: list[_Line] = []
        self._keepers: list[asyncio.Task[None]] = []
        self._first_tries: list[asyncio.Event] = []
        self._started_count = 0
        self._here_count = 0

    async def start(self) -> None:
        """Start the page processes; requests are answered here until they are ready."""
        self._first_tries = [asyncio.Event() for _ in range(self._count)]
        self._keepers = [asyncio.create_task(self._keep(tried)) for tried in self._first_tries]

    async def started(self) -> None:
        """Wait until each page process is ready, or has ended before it was."""
        for tried in self._first_tries:
            await tried.wait()

    async def close(self) -> None:
        """End them."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)

    def state(self) -> Mapping[str, int]:
        """Return how many should run and do, how often one was started, and how many pages had
        to be made by this process.
        """
        return {
            "wanted": self._count,
            "running": len(self._ready),
            "started": self._started_count,
            "pages_made_here": self._here_count,
        }

    async def make(self, shape: Shape, asked: PageRequest) -> PageBody:
        """Return the page asked for, made by a page process or else here."""
        if asked.cursor:
            # The page before may not be in the log yet, but this process remembers it.
            await self._blocks_taken()
            shown = await run_in_threadpool(self._engine.pages.shown, asked.cursor)
            asked = replace(asked, shown=shown)
        for _ in range(2):
            lines = [line for line in self._ready if line.silent_s() < SILENCE_S]
            if not lines:
                break
            line = min(lines, key=lambda one: one.owed_count)
            try:
                answer, body = await line.ask(shape, asked, self._engine.record_offset)
            except ProcessLost as error:
                _log.warning("a page is asked for again: %s", error)
                continue
            return PageBody(body, answer.level)
        self._here_count += 1
        return await self._here.make(shape, asked)

    async def _blocks_taken(self) -> None:
        """Wait until the blocks of all pages sent so far have come, but not for long."""
        until_s = time.monotonic() + BLOCK_WAIT_S
        while any(line.blocks_due for line in self._ready) and time.monotonic() < until_s:
            await asyncio.sleep(0.001)

    async def _keep(self, tried: asyncio.Event) -> None:
        """Keep one page process running."""
        wait_s = RESTART_WAIT_S
        while True:
            since = time.monotonic()
            try:
                await self._run_one(tried)
            except OSError as error:
                _log.error("a page process could not be started: %s", error)
            tried.set()
            lasted = time.monotonic() - since > LASTED_S
            wait_s = RESTART_WAIT_S if lasted else min(2 * wait_s, RESTART_WAIT_MAX_S)
            _log.warning("a page process ended; another one starts in %.1f s", wait_s)
            await asyncio.sleep(wait_s)

    async def _run_one(self, tried: asyncio.Event) -> None:
        """Start a page process and return once it has ended; ends it when cancelled."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = _start(self._path, theirs)
            except OSError:
                ours.close()
                raise
        self._started_count += 1
        line = _Line(self._engine.take_page)
        try:
            await asyncio.get_running_loop().create_unix_connection(lambda: line, sock=ours)
            watching = asyncio.create_task(line.watch())
            try:
                await line.ready.wait()
                if not line.lost.is_set():
                    self._ready.append(line)
                tried.set()
                await line.lost.wait()
            finally:
                watching.cancel()
        finally:
            if line in self._ready:
                self._ready.remove(line)
            line.close()
            await _end(process)


class _Line(asyncio.Protocol):
    """The connection to one page process."""

    def __init__(self, take_block: Callable[[Sealed], None]) -> None:
        self._take_block = take_block
        #: Pages that were sent and whose blocks have yet to come, and those to be sent.
        self.blocks_due: set[int] = set()
        self._to_log: set[int] = set()
        self.ready = asyncio.Event()
        self.lost = asyncio.Event()
        self._transport: asyncio.Transport | None = None
        self._frames = Frames()
        self._number = 0
        self._waiting: dict[int, asyncio.Future[tuple[Answer, bytes]]] = {}
        #: Pages it has yet to answer with, waited for or not, and since when it says nothing.
        self.owed_count = 0
        self._silent_since_s = 0.0

    async def ask(
        self, shape: Shape, asked: PageRequest, record_offset: int
    ) -> tuple[Answer, bytes]:
        """Ask for a page.

        Raises:
            ProcessLost: the process ended before it answered, says nothing any more, or could
                not make the page.
        """
        if self._transport is None or self.lost.is_set():
            raise ProcessLost("the page process has ended")
        if not self.owed_count:
            self._silent_since_s = time.monotonic()
        self.owed_count += 1
        self._number += 1
        number = self._number
        future = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        if asked.at_ms is None and shape != "search":
            self._to_log.add(number)
        try:
            self._transport.write(frame(Ask(number, shape, asked, record_offset)))
            answer, body = await future
        finally:
            self._waiting.pop(number, None)
        if answer.error:
            raise ProcessLost(answer.error)
        return answer, body

    def silent_s(self) -> float:
        """Return for how long it has owed pages and said nothing."""
        return time.monotonic() - self._silent_since_s if self.owed_count else 0.0

    async def watch(self) -> None:
        """Let nobody wait for a process that says nothing, and hang up on it in the end."""
        while True:
            await asyncio.sleep(SILENCE_S / 5)
            if self.silent_s() > SILENCE_S:
                self._send_away("the page process does not answer")
            if self.silent_s() > SILENCE_MAX_S:
                _log.error("a page process does not answer and is ended")
                self._fail()

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()
        self._fail()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Hand answers to who asked."""
        self._silent_since_s = time.monotonic()
        for answer, body in self._frames.answers(data):
            if not answer.number:
                self.ready.set()
                continue
            if isinstance(answer, Logged):
                self.blocks_due.discard(answer.number)
                if answer.block is not None:
                    self._take_block(answer.block)
                continue
            self.owed_count -= 1
            if answer.number in self._to_log and not answer.error:
                self.blocks_due.add(answer.number)
            self._to_log.discard(answer.number)
            future = self._waiting.get(answer.number)
            # Nobody waits any more where the browser has hung up, or it took too long.
            if future is not None and not future.done():
                future.set_result((answer, body))

    def connection_lost(self, error: Exception | None) -> None:
        """Tell everybody who waits."""
        self._fail()

    def _fail(self) -> None:
        self.lost.set()
        self.ready.set()
        self._send_away("the page process ended")

    def _send_away(self, why: str) -> None:
        """Tell everybody who waits that there is nothing to wait for."""
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ProcessLost(why))


def _start(path: Path, line: socket.socket) -> subprocess.Popen[bytes]:
    """Start a page process that holds its end of a socket pair, and nothing else of ours."""
    handle = line.fileno()
    command = [sys.executable, "-m", "pasand.web.page_process", str(path.resolve())]
    return subprocess.Popen(
        [*command, str(handle), str(os.getpid())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        pass_fds=(handle,),
        env={**_ONE_THREAD, **os.environ},
    )


async def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait until a process that was hung up on has ended; it is not waited for long."""
    until = time.monotonic() + _END_WAIT_S
    with suppress(ProcessLookupError):
        process.kill()
    while process.poll() is None and time.monotonic() < until:
        await asyncio.sleep(0.01)
