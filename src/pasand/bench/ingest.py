"""How fast events are taken: a server with default settings, loaded over HTTP.

A core's rate is events by the CPU seconds of the server's process, as the system counts them; an
acknowledgement is the 202, which comes after the fsync. Profiles are folded when a page asks, so
their cost is not in here but in the page's. Afterwards the log is read: it must hold exactly the
events that were acknowledged.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from pasand.adapters.sqlite_database import Database
from pasand.bench.catalogue import Size
from pasand.bench.children import Serving, run, serving
from pasand.bench.figures import Measured, quantile
from pasand.bench.homes import make_home
from pasand.bench.load import Load, Seen, Stream, event_ids, load, target
from pasand.errors import OperatorError

__all__ = ["Ingest", "check_log", "cpu_s", "key_of", "measure_ingest", "resident_now_mb"]

CONNECTIONS = 32
WARM_UP = 64
SECONDS_MAX = 60.0

#: Events sent for each batch size; small batches are slow, so they get fewer.
Ingest = Sequence[tuple[int, int]]


def measure_ingest(
    folder: Path,
    size: Size,
    now_ms: int,
    wanted: Ingest = ((1, 20_000), (20, 100_000), (100, 200_000)),
    connections: int = CONNECTIONS,
) -> list[Measured]:
    """Make a synthetic home in ``folder``, serve it, and send it batches of each size."""
    made = make_home(folder, size, now_ms)
    key = key_of(made.home)
    found: list[Measured] = []
    acked: set[str] = set()
    with serving(made.home) as server:
        for batch, events in wanted:
            for tag, count in (("warm", min(WARM_UP, -(-events // batch))), ("load", 0)):
                requests = count or -(-events // batch)
                stream = Stream(tag, batch, requests, connections, tag=f"{tag}{batch}")
                sent = Load(
                    target(server), key, size.items, size.profiles, now_ms, [stream], SECONDS_MAX
                )
                before_s = cpu_s(server.pid)
                seen = load(sent)[tag]
                spent_s = cpu_s(server.pid) - before_s
                acked.update(_acked(stream, seen))
            found += _figures(server, size, stream, seen, spent_s)
    check_log(made.home, acked, ("warm", "load"))
    return found


def key_of(home: Path) -> str:
    """Return the secret of a new key of a home."""
    return str(run("key", "create", "bench", "--home", str(home), "--json").report["secret"])


def cpu_s(pid: int) -> float:
    """Return the CPU seconds a process has used, in user and system mode.

    Raises:
        OperatorError: this system does not tell.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except OSError as error:
        raise OperatorError(
            "This system does not tell a process's CPU time.", fix="Measure on Linux."
        ) from error
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def resident_now_mb(pid: int) -> float:
    """Return the memory a process holds now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def check_log(home: Path, acked: set[str], tags: tuple[str, ...]) -> None:
    """Raise OperatorError unless the log holds exactly the acknowledged events of these tags."""
    database = Database(home / "store.db", read_only=True)
    try:
        held = [event_id for (event_id,) in database.stream("SELECT event_id FROM event")]
    finally:
        database.close()
    kept = [event_id for event_id in held if event_id.startswith(tags)]
    lost, extra = len(acked - set(kept)), len(set(kept) - acked)
    if lost or extra or len(kept) != len(set(kept)):
        raise OperatorError(
            f"Of {len(acked):,} acknowledged events the log lost {lost:,};"
            f" {extra:,} in it were not acknowledged; it holds {len(kept):,}."
        )


def _acked(stream: Stream, seen: Seen) -> list[str]:
    """Return the ids that were acknowledged; raise OperatorError where any was not."""
    if seen.errors or len(seen.acked) != seen.sent:
        raise OperatorError(
            f"Of {seen.sent:,} batches {len(seen.acked):,} were accepted whole: {seen.status}."
        )
    return [event_id for request in seen.acked for event_id in event_ids(stream, request)]


def _figures(
    server: Serving, size: Size, stream: Stream, seen: Seen, spent_s: float
) -> list[Measured]:
    events = len(seen.acked) * stream.batch
    at = {
        "batch": stream.batch,
        "load": "idle",
        "connections": stream.connections,
        "events": events,
        "items": size.items,
        "profiles": size.profiles,
    }
    # A tick of the system's clock is the least that can be told apart.
    core = events / max(spent_s, 1 / os.sysconf("SC_CLK_TCK"))
    return [
        Measured("ingest_events_per_s_core", round(core), "events/s", "higher", at),
        Measured("ingest_events_per_s", round(events / seen.seconds), "events/s", "higher", at),
        Measured("ingest_ack_p50_ms", round(quantile(seen.took_ms, 0.5), 2), "ms", at=at),
        Measured("ingest_ack_p99_ms", round(quantile(seen.took_ms, 0.99), 2), "ms", at=at),
        Measured("ingest_rss_mb", round(resident_now_mb(server.pid)), "MB", at=at),
    ]
