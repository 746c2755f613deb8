"""How fast pages are: a server with default settings, asked over HTTP, one page at a time.

A first round asks for pages of members whose whole profile the server must fold from the log
(``page_first_*``); the rounds after it ask again for the same members, whose last page is folded
(``page_*``). Each round is timed on its own and the median round counts: a busy machine disturbs
single rounds. Time runs from sending the request to having read the whole answer.
"""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pasand.bench.catalogue import Size
from pasand.bench.children import Serving, resident_mb, run, serving
from pasand.bench.figures import Measured, median, quantile
from pasand.bench.homes import make_home
from pasand.errors import OperatorError

__all__ = ["SHAPES", "Asker", "measure_pages"]

#: Rows x columns that are asked for.
SHAPES = ((20, 20), (40, 40))
WARM_UP = 50


def measure_pages(
    folder: Path,
    size: Size,
    now_ms: int,
    *,
    page_count: int = 300,
    rounds: int = 3,
    shapes: Sequence[tuple[int, int]] = SHAPES,
) -> list[Measured]:
    """Make a synthetic home in ``folder``, serve it, and time its pages."""
    made = make_home(folder, size, now_ms)
    key = run("key", "create", "bench", "--home", str(made.home), "--json").report["secret"]
    at = {"items": size.items, "profiles": size.profiles}
    learned = {**at, "data": "synthetic", "interactions": made.interactions}
    found = [
        Measured(
            "import_items_per_s", round(size.items / made.import_items_s), "rows/s", "higher", at
        ),
        Measured("learn_seconds", round(made.learn_s, 2), "s", at=learned),
    ]
    members = [f"m{number}" for number in range(size.profiles)]
    started = time.perf_counter()
    with serving(made.home) as server:
        found.append(Measured("start_s", round(time.perf_counter() - started, 2), "s", at=at))
        asker = Asker(server, key)
        for member_id in _some(members, 0, WARM_UP):
            asker.ask(member_id, *shapes[0])
        for which, (rows, columns) in enumerate(shapes):
            asked = _some(members, WARM_UP + which * page_count, page_count)
            where = {**at, "rows": rows, "columns": columns, "load": "idle"}
            found += _shape(asker, asked, where, rounds)
        asker.close()
        memory = resident_mb(server.pid)
    if memory is not None:
        found.append(Measured("server_memory_mb", round(memory), "MB", at=at))
    return found


def _some(members: Sequence[str], first: int, count: int) -> list[str]:
    """Return distinct members from ``first`` on, from the beginning again after the last."""
    count = min(count, len(members))
    return [members[(first + number) % len(members)] for number in range(count)]


def _shape(
    asker: Asker, asked: Sequence[str], where: Mapping[str, Any], rounds: int
) -> list[Measured]:
    """Time one shape: a round of first pages, then ``rounds`` rounds of the same members."""
    timings, cells = [], 0
    for _ in range(1 + rounds):
        answers = [asker.ask(member_id, where["rows"], where["columns"]) for member_id in asked]
        timings.append([took_ms for took_ms, _ in answers])
        cells = int(median([count for _, count in answers]))

    def of(name: str, share: float, found: Sequence[Sequence[float]]) -> Measured:
        value = median([quantile(took, share) for took in found])
        return Measured(name, round(value, 2), "ms", at=where)

    return [
        of("page_p50_ms", 0.5, timings[1:]),
        of("page_p99_ms", 0.99, timings[1:]),
        of("page_first_p50_ms", 0.5, timings[:1]),
        of("page_first_p99_ms", 0.99, timings[:1]),
        Measured("page_cells", cells, "cells", "higher", where),
    ]


class Asker:
    """One connection that stays open, one request at a time."""

    def __init__(self, server: Serving, key: str) -> None:
        self._connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._headers = {"Authorization": f"Bearer {key}"}

    def ask(self, member_id: str, rows: int, columns: int) -> tuple[float, int]:
        """Return the milliseconds a page took, and how many cells it has.

        Raises:
            OperatorError: the answer is no page, or a poorer one than asked for.
        """
        path = f"/v1/page?member_id={member_id}&device=tv&rows={rows}&columns={columns}"
        started = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        took_ms = 1000.0 * (time.perf_counter() - started)
        page = json.loads(body)
        if answer.status != 200 or page.get("degraded"):
            raise OperatorError(f"The page of {member_id} is not as it should be: {body[:300]!r}")
        return took_ms, sum(len(row["cells"]) for row in page["rows"])

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
