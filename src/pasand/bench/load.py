"""Load on a running server, from a process of its own: its CPU is not the server's.

The parent describes the load (``Load``) and starts ``python -m pasand.bench.load``, which reads
the description from standard input, prepares every request as bytes, sends them over connections
that stay open, and writes what it saw (``Seen``). A stream with a rate is an open loop: a request
is due at its time, answered or not those before it, and its time runs from when it was due.
It speaks to 127.0.0.1 only, ends by itself, and judges nothing.
"""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import numpy as np

from pasand.bench.children import Serving
from pasand.errors import OperatorError

__all__ = [
    "BURST_MS",
    "KINDS",
    "Load",
    "Running",
    "Seen",
    "Stream",
    "bodies",
    "event_ids",
    "load",
    "loading",
    "target",
]

#: What members do, as a share of all events: most is looked at, little is judged.
KINDS = {
    "impression": 0.60, "progress": 0.15, "hover": 0.08, "play_start": 0.05, "play_stop": 0.03,
    "scroll": 0.03, "detail_open": 0.02, "thumb": 0.02, "complete": 0.02,
}  # fmt: skip
HOST = "127.0.0.1"
BURST_MS = 2_000
ANSWER_WAIT_S = 30.0

Requests = Iterator[tuple[int, bytes]]


class Stream(msgspec.Struct):
    """Requests of one sort: batches of events, or pages where ``batch`` is 0.

    ``per_s`` is requests a second, 0 for as fast as they are answered; then the events are those
    of the last ``BURST_MS``. Times rise from request to request, as they do where members'
    devices send what they have just done.
    """

    name: str
    batch: int
    requests: int
    connections: int
    per_s: float = 0.0
    tag: str = "load"


class Load(msgspec.Struct):
    """Everything that is sent, to whom, and for how long at most."""

    port: int
    key: str
    items: int
    profiles: int
    now_ms: int
    streams: list[Stream]
    seconds_max: float = 60.0
    seed: int = 1


class Seen(msgspec.Struct):
    """What became of one stream. ``acked`` are the requests all of whose events were accepted;
    ``took_ms`` holds one time for each answer that was as it should be.
    """

    name: str
    seconds: float = 0.0
    sent: int = 0
    acked: list[int] = []
    took_ms: list[float] = []
    status: dict[int, int] = {}
    degraded: int = 0

    @property
    def errors(self) -> int:
        """How many were not answered with success, or not answered at all."""
        return self.sent - sum(n for code, n in self.status.items() if 200 <= code < 300)


class Running:
    """A load under way."""

    def __init__(self, child: subprocess.Popen[bytes]) -> None:
        self._child = child

    def seen(self) -> dict[str, Seen]:
        """Wait for the load's end and return what was seen, by stream."""
        out, err = self._child.communicate()
        if self._child.returncode:
            raise OperatorError(f"The load failed: {err.decode('utf-8', 'replace')[-300:]}")
        return {seen.name: seen for seen in msgspec.json.decode(out, type=list[Seen])}

    @property
    def going(self) -> bool:
        """Whether it has not ended yet."""
        return self._child.poll() is None


@contextmanager
def loading(wanted: Load) -> Iterator[Running]:
    """Load a server while the block runs; it returns once the first request is about to go."""
    command = [sys.executable, "-m", "pasand.bench.load"]
    pipe = subprocess.PIPE
    child = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
    assert child.stdin is not None and child.stdout is not None
    try:
        child.stdin.write(msgspec.json.encode(wanted) + b"\n")
        child.stdin.flush()
        child.stdout.readline()
        child.stdin.write(b"go\n")
        child.stdin.flush()
        yield Running(child)
    finally:
        if child.poll() is None:
            child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout, child.stderr):
            if stream is not None:
                stream.close()


def load(wanted: Load) -> dict[str, Seen]:
    """Send a load to its end and return what was seen, by stream."""
    with loading(wanted) as running:
        return running.seen()


def target(server: Serving) -> int:
    """Return the port of a server on this machine; no other is loaded."""
    if server.host != HOST:
        raise OperatorError(f"Load is for {HOST} only, not for {server.host}.")
    return server.port


def event_ids(stream: Stream, request: int) -> list[str]:
    """Return the ids of the events in one request."""
    first = request * stream.batch
    return [f"{stream.tag}-{number}" for number in range(first, first + stream.batch)]


def bodies(wanted: Load, stream: Stream) -> Iterator[bytes]:
    """Yield the body of each request: what one member's device sends, in one batch."""
    draw = np.random.default_rng([wanted.seed, stream.batch, stream.requests])
    names, shares = list(KINDS), list(KINDS.values())
    span_ms = 20_000 if stream.per_s else BURST_MS // 10
    for request in range(stream.requests):
        member = int(draw.integers(wanted.profiles))
        kinds = draw.choice(len(names), stream.batch, p=shares).tolist()
        items = draw.integers(0, wanted.items, stream.batch).tolist()
        sent_ms = _sent_ms(wanted, stream, request)
        ages = np.sort(draw.integers(0, span_ms, stream.batch))[::-1].tolist()
        values = draw.random(stream.batch).tolist()
        batch = [
            {
                "event_id": event_id,
                "kind": names[kind],
                "occurred_at": sent_ms - age,
                "member_id": f"m{member}",
                "item_id": f"i{item}",
                "device": "tv",
                "device_id": f"d{member}",
                "session_id": f"s{member}-{request}",
                "surface": "home",
                "row": place % 10,
                "column": place % 20,
                "payload": _payload(names[kind], value),
            }
            for place, (event_id, kind, item, age, value) in enumerate(
                zip(event_ids(stream, request), kinds, items, ages, values, strict=True)
            )
        ]
        # What is sent faster than it happened has no clock to be corrected by.
        clock = {"sent_at": sent_ms} if stream.per_s else {}
        yield msgspec.json.encode({**clock, "events": batch})


def _sent_ms(wanted: Load, stream: Stream, request: int) -> int:
    """Return when a member's device would have sent a request."""
    if stream.per_s:
        return wanted.now_ms + round(1000 * request / stream.per_s)
    return wanted.now_ms - BURST_MS + round(BURST_MS * request / stream.requests)


def _payload(kind: str, value: float) -> dict[str, float]:
    """Return what only this kind says, with a number between 0 and 1 to vary it."""
    if kind in ("impression", "hover"):
        return {"visible": round(0.5 + value / 2, 2), "dwell_ms": round(8_000 * value)}
    if kind == "thumb":
        return {"value": 1 if value < 0.8 else -1}
    if kind == "scroll":
        return {"row_depth": round(40 * value), "speed_px_s": round(900 * value)}
    if kind == "detail_open":
        return {}
    return {"position_s": round(5_400 * value), "duration_s": 5_400}


def _prepared(wanted: Load, stream: Stream) -> list[bytes]:
    """Return every request of a stream as it goes over the wire."""
    headers = f"Host: {HOST}:{wanted.port}\r\nAuthorization: Bearer {wanted.key}\r\n"
    if not stream.batch:
        draw = np.random.default_rng([wanted.seed, stream.requests])
        members = draw.integers(0, wanted.profiles, stream.requests).tolist()
        path = "/v1/page?device=tv&member_id=m"
        return [f"GET {path}{number} HTTP/1.1\r\n{headers}\r\n".encode() for number in members]
    headers += "Content-Type: application/json\r\nContent-Length: "
    start = f"POST /v1/events HTTP/1.1\r\n{headers}"
    return [f"{start}{len(body)}\r\n\r\n".encode() + body for body in bodies(wanted, stream)]


class _Connection(asyncio.Protocol):
    """One HTTP/1.1 connection that stays open, one request at a time."""

    def __init__(self) -> None:
        self._data = b""
        self._length = -1
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def ask(self, request: bytes) -> asyncio.Future[tuple[int, bytes]]:
        """Send a request; the future holds the status and the whole answer."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._data, self._length = b"", -1
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._data += data
        if self._length < 0:
            end = self._data.find(b"\r\n\r\n")
            if end < 0:
                return
            _, _, rest = self._data[:end].lower().partition(b"content-length:")
            self._length = end + 4 + int(rest.partition(b"\r\n")[0])
        answer = self._answer
        if len(self._data) >= self._length and answer is not None and not answer.done():
            answer.set_result((int(self._data[9:12]), self._data))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("the server hung up"))


async def _send(wanted: Load, stream: Stream, prepared: list[bytes], started: float) -> Seen:
    """Send one stream over its connections."""
    seen = Seen(stream.name)
    requests: Requests = iter(enumerate(prepared))
    await asyncio.gather(
        *(_work(wanted, stream, requests, seen, started) for _ in range(stream.connections))
    )
    seen.seconds = time.perf_counter() - started
    return seen


async def _work(
    wanted: Load, stream: Stream, requests: Requests, seen: Seen, started: float
) -> None:
    """Take request after request, each when it is due."""
    loop = asyncio.get_running_loop()
    transport, line = await loop.create_connection(_Connection, HOST, wanted.port)
    accepted = b'"status":"accepted"'
    for number, request in requests:
        due = time.perf_counter()
        if stream.per_s:
            due = started + number / stream.per_s
            await asyncio.sleep(max(due - time.perf_counter(), 0.0))
        if time.perf_counter() - started > wanted.seconds_max:
            break
        seen.sent += 1
        try:
            status, answer = await asyncio.wait_for(line.ask(request), ANSWER_WAIT_S)
        except (ConnectionError, TimeoutError):
            # Not counted under any status, so it shows as an error.
            transport.close()
            transport, line = await loop.create_connection(_Connection, HOST, wanted.port)
            continue
        seen.status[status] = seen.status.get(status, 0) + 1
        if 200 <= status < 300:
            seen.took_ms.append(1000.0 * (time.perf_counter() - due))
            if stream.batch and answer.count(accepted) == stream.batch:
                seen.acked.append(number)
            seen.degraded += not stream.batch and b'"degraded":null' not in answer
    transport.close()


async def _all(wanted: Load, prepared: list[list[bytes]]) -> list[Seen]:
    started = time.perf_counter()
    pairs = zip(wanted.streams, prepared, strict=True)
    return await asyncio.gather(*(_send(wanted, stream, sent, started) for stream, sent in pairs))


def _main() -> None:
    wanted = msgspec.json.decode(sys.stdin.buffer.readline(), type=Load)
    prepared = [_prepared(wanted, stream) for stream in wanted.streams]
    # What is prepared stays: a collection in the middle would be taken for the server's slowness.
    gc.freeze()
    sys.stdout.buffer.write(b"ready\n")
    sys.stdout.buffer.flush()
    sys.stdin.buffer.readline()
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(_all(wanted, prepared))))


if __name__ == "__main__":
    _main()
