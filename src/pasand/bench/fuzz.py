"""Fuzzing a real server: whatever is sent, it answers, as its OpenAPI document says, and no 5xx.

A case that fails is told with its number; the same seed and number make the same request.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from pasand.bench.children import Serving, resident_mb, run, serving
from pasand.bench.figures import Measured
from pasand.bench.fuzz_cases import Case, case_of
from pasand.bench.schema_check import problem_of
from pasand.errors import OperatorError

__all__ = ["Answer", "Door", "Fuzzed", "check", "fuzz", "measure_fuzz"]

FAILURE_COUNT_MAX = 20
Progress = Callable[[int, int], None]
_SCOPES = ("events:write", "page:read", "items:write", "members:read", "members:write")
_PROBE = Case("GET", "/health/live", ((b"Host", b"127.0.0.1"),), b"", "/health/live")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Fuzzed:
    """How many cases were sent, what failed, and how often each status was answered."""

    count: int = 0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)


class Door:
    """One connection that sends bytes as they are, right or wrong, and reads one answer each."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None
        self._left = b""

    def send(self, case: Case) -> Answer:
        """Return the answer; a connection that the server has closed is opened again once."""
        data = case.encoded()
        for last in (False, True):
            reused = self._socket is not None
            try:
                if self._socket is None:
                    self._socket = socket.create_connection(self._address, timeout=60)
                    self._left = b""
                self._socket.sendall(data)
                return self._read(case.method)
            except (ConnectionError, OperatorError):
                self.close()
                if last or not reused:
                    raise
        raise AssertionError("the second try returns or raises")

    def close(self) -> None:
        """Let the connection go."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _read(self, method: str) -> Answer:
        while b"\r\n\r\n" not in self._left:
            self._more()
        head, _, self._left = self._left.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        status = int(first.split(" ")[1])
        body = b""
        if headers.get("transfer-encoding") == "chunked":
            body = self._chunks()
        elif method != "HEAD" and status not in (204, 304):
            size = int(headers.get("content-length", 0))
            while len(self._left) < size:
                self._more()
            body, self._left = self._left[:size], self._left[size:]
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(status, headers, body)

    def _chunks(self) -> bytes:
        body = b""
        while True:
            while b"\r\n" not in self._left:
                self._more()
            size, _, self._left = self._left.partition(b"\r\n")
            count = int(size, 16)
            while len(self._left) < count + 2:
                self._more()
            body, self._left = body + self._left[:count], self._left[count + 2 :]
            if not count:
                return body

    def _more(self) -> None:
        assert self._socket is not None
        part = self._socket.recv(1 << 16)
        if not part:
            raise OperatorError("The server closed the connection without an answer.")
        self._left += part


def check(case: Case, answer: Answer, document: Mapping[str, Any]) -> str:
    """Return what is wrong with an answer, "" where nothing is."""
    status, kind = answer.status, answer.headers.get("content-type", "").partition(";")[0]
    if status >= 500:
        return f"{status}: {answer.body[:200]!r}"
    if b"Traceback (most recent" in answer.body:
        return "a stack trace was answered"
    if "x-request-id" not in answer.headers:
        # The HTTP parser itself refuses what is not HTTP.
        return "" if status == 400 and kind == "text/plain" else "no request id"
    operation = document["paths"].get(case.path, {}).get(case.method.lower())
    schemas = document["components"]["schemas"]
    if operation is not None and str(status) in operation["responses"]:
        return _against(operation["responses"][str(status)], kind, answer.body, schemas)
    if operation is not None and case.plain:
        return f"{status} is not documented: {answer.body[:200]!r}"
    if status >= 400 and answer.body:
        error = {"application/json": {"schema": schemas["Error"]}}
        return _against({"content": error}, kind, answer.body, schemas)
    return ""


def _against(
    response: Mapping[str, Any], kind: str, body: bytes, schemas: Mapping[str, Any]
) -> str:
    content = response.get("content", {})
    if not content:
        return f"a body where there is none: {body[:80]!r}" if body else ""
    if kind not in content:
        return f"{kind or 'no content type'}, not {' or '.join(content)}"
    if kind != "application/json":
        return ""
    try:
        value = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        return f"not JSON: {error}"
    return problem_of(value, content[kind]["schema"], schemas)


def fuzz(
    server: Serving,
    secret: str,
    count: int,
    seed: int = 1,
    seconds_max: float = 1e9,
    progress: Progress = lambda done, total: None,
) -> Fuzzed:
    """Send ``count`` cases, fewer where the time is up, and check every answer."""
    door = Door(server.host, server.port)
    document = msgspec.json.decode(door.send(Case("GET", "/schema", _PROBE.headers, b"")).body)
    done = Fuzzed()
    key, page_id = secret.encode(), "pg_none"
    started = time.perf_counter()
    for number in range(count):
        if time.perf_counter() - started > seconds_max:
            break
        case = case_of(seed, number, document["paths"], key, page_id)
        try:
            answer = door.send(case)
            problem = check(case, answer, document)
            done.statuses[answer.status] = done.statuses.get(answer.status, 0) + 1
            if case.path == "/v1/page" and answer.status == 200 and case.method == "GET":
                page_id = msgspec.json.decode(answer.body)["page_id"]
        except (OSError, OperatorError) as error:
            problem = f"no answer: {error}"
        done.count += 1
        if not done.count % 500:
            progress(done.count, count)
        if problem:
            done.failures.append(f"{number}: {case.method} {case.target[:120]}: {problem}")
            if len(done.failures) >= FAILURE_COUNT_MAX:
                break
    done.seconds = time.perf_counter() - started
    if door.send(_PROBE).status != 200:
        done.failures.append("afterwards the server does not live")
    door.close()
    return done


def measure_fuzz(
    folder: Path,
    count: int,
    seed: int = 1,
    seconds_max: float = 1e9,
    progress: Progress = lambda done, total: None,
) -> tuple[list[Measured], list[str]]:
    """Fuzz a server child over a fresh home; return the figures and the failures in words."""
    home = folder / "home"
    run("init", "--home", str(home))
    scopes = [word for scope in _SCOPES for word in ("--scope", scope)]
    made = run("key", "create", "fuzz", *scopes, "--home", str(home), "--json")
    with serving(home) as server:
        done = fuzz(server, str(made.report["secret"]), count, seed, seconds_max, progress)
        memory = resident_mb(server.pid)
    at: dict[str, Any] = {"seed": seed, "asked": count}
    found = [
        Measured("fuzz_cases", done.count, "cases", "higher", at),
        Measured("fuzz_failures", len(done.failures), "cases", "lower", at),
        Measured("fuzz_seconds", round(done.seconds, 1), "s", "lower", at),
        Measured("fuzz_cases_per_s", round(done.count / done.seconds), "cases/s", "higher", at),
    ]
    if memory is not None:
        found.append(Measured("fuzz_rss_mb", round(memory), "MB", "lower", at))
    for status, times in sorted(done.statuses.items()):
        found.append(Measured("fuzz_answers", times, "answers", "higher", {"status": status}))
    return found, done.failures
