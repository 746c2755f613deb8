"""The proof for pictures: whatever is uploaded, the server answers in plain words and stays small.

A file that fails is told with its name or number; the same seed and number make the same file.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from pasand.bench.children import Serving, resident_mb, run, serving
from pasand.bench.figures import Measured
from pasand.bench.hostile import crafted, mutated, seeds

__all__ = ["Sent", "measure_hostile", "send_all"]

Progress = Callable[[int, int], None]
FAILURE_COUNT_MAX = 20
ITEM = "/v1/items/i1"
#: What a server may hold more after all of them than after the first.
GROWTH_MB_MAX = 300.0


@dataclass(slots=True)
class Sent:
    """How many were answered rightly, how many of those were taken, and what went wrong."""

    survived: int = 0
    taken: int = 0
    failures: list[str] = field(default_factory=list)


def measure_hostile(
    folder: Path, count: int, seed: int = 1, progress: Progress = lambda done, total: None
) -> tuple[list[Measured], list[str]]:
    """Send crafted files and ``count`` mutated ones to a server child; return figures, failures."""
    home = folder / "home"
    run("init", "--home", str(home))
    made = run("key", "create", "x", "--scope", "items:write", "--home", str(home), "--json")
    with serving(home) as server:
        secret = str(made.report["secret"])
        _ask(server, secret, "PUT", ITEM, b'{"title": "T"}')
        first = send_all(server, secret, ((name, data, False) for name, data in crafted()))
        before_mb = resident_mb(server.pid)
        good, at = seeds(), seed * 10_000_000
        files = ((f"mutated {at + n}", mutated(good, at + n), True) for n in range(count))
        done = send_all(server, secret, files, lambda sent: progress(sent, count))
        after_mb = resident_mb(server.pid)
        failures = [*first.failures, *done.failures]
        if _ask(server, secret, "GET", "/health/live")[0] != 200:
            failures.append("afterwards the server does not live")
    if before_mb and after_mb and after_mb - before_mb > GROWTH_MB_MAX:
        failures.append(f"the server grew from {before_mb:.0f} to {after_mb:.0f} MB")
    at_files = {"seed": seed, "crafted": first.survived, "mutated": done.survived}
    survived = first.survived + done.survived
    found = [
        Measured("hostile_files_survived", survived, "files", "higher", at_files),
        Measured("hostile_files_taken", done.taken, "files", "lower", {"seed": seed}),
    ]
    if after_mb is not None:
        found.append(Measured("hostile_rss_mb", round(after_mb), "MB", "lower", {"seed": seed}))
    return found, failures


def send_all(
    server: Serving,
    secret: str,
    files: Iterator[tuple[str, bytes, bool]],
    progress: Callable[[int], None] = lambda sent: None,
) -> Sent:
    """Send files (name, bytes, whether it may be taken) and check every answer."""
    done = Sent()
    for number, (name, data, may_be_taken) in enumerate(files, 1):
        try:
            status, body = _ask(server, secret, "POST", f"{ITEM}/artworks?artwork_id=a", data)
            problem = _problem(status, body, may_be_taken)
        except (OSError, http.client.HTTPException) as error:
            problem = f"no answer: {type(error).__name__}: {error}"
        if problem:
            done.failures.append(f"{name}: {problem}")
            if len(done.failures) >= FAILURE_COUNT_MAX:
                break
        else:
            done.survived += 1
            done.taken += status == 201
        if not number % 100:
            progress(number)
    return done


def _problem(status: int, body: bytes, may_be_taken: bool) -> str:
    """Return what is wrong with an answer, "" where nothing is."""
    if status == 201 and may_be_taken:
        return ""
    if status not in (400, 413):
        return f"{status}: {body[:200]!r}"
    error = msgspec.json.decode(body).get("error", {})
    return "" if error.get("message") and error.get("fix") else f"unclear: {body[:200]!r}"


def _ask(
    server: Serving, secret: str, method: str, path: str, body: bytes | None = None
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=120)
    kind = "application/json" if method == "PUT" else "application/octet-stream"
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": kind}
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
