"""How fast events are taken: a server with default settings, loaded over HTTP.

A core's rate is events by the CPU seconds of the server and its page processes, as the system
counts them, until every profile is folded and stored; an acknowledgement is the 202, which comes
after the fsync. The rate is taken as fast as the server answers; acknowledgements are timed then
too, and once more at half that rate, where requests do not queue behind each other. Afterwards
the log is read: it must hold exactly the events that were acknowledged.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.request import urlopen

from msgspec.structs import replace

from pasand.adapters.sqlite_database import Database
from pasand.bench.catalogue import Size
from pasand.bench.children import Serving, run, serving
from pasand.bench.figures import Measured, quantile
from pasand.bench.homes import make_home
from pasand.bench.load import BURST_MS, Load, Seen, Stream, event_ids, load, target
from pasand.errors import OperatorError

__all__ = ["Ingest", "check_log", "cpu_s", "key_of", "measure_ingest", "resident_now_mb"]

CONNECTIONS = 32
WARM_UP = 64
SECONDS_MAX = 60.0
STEADY_S = 3.0

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
    run("rebuild", "--home", str(made.home))
    found: list[Measured] = []
    acked: set[str] = set()
    sizes = [batch for batch, _ in wanted]
    with serving(made.home) as server:

        def send(stream: Stream) -> Seen:
            # What is sent happened after what was sent before.
            time.sleep(2 * BURST_MS / 1000)
            at_ms = round(1000 * time.time())
            base = Load(target(server), key, size.items, size.profiles, at_ms, [stream])
            seen = load(replace(base, seconds_max=SECONDS_MAX))[stream.name]
            acked.update(_acked(stream, seen))
            return seen

        # Nearly every member comes by, and their profiles are in memory.
        warm = Stream("warm", 1, 3 * size.profiles, connections, tag="warm")
        send(warm)
        wait_folded(server)
        for batch, events in wanted:
            stream = Stream(
                "load", batch, -(-events // batch), connections,
                tag=f"load{batch}",
            )  # fmt: skip
            before_s = cpu_s(server.pid)
            seen = send(stream)
            wait_folded(server)
            found += _figures(server, size, stream, seen, cpu_s(server.pid) - before_s)
        for batch in sizes:
            per_s = next(f.value for f in found if f.name == "ingest_events_per_s"
                         and f.at["batch"] == batch) / batch / 2  # fmt: skip
            steady = Stream(
                "steady", batch, max(WARM_UP, round(per_s * STEADY_S)), connections, per_s,
                tag=f"steady{batch}",
            )  # fmt: skip
            found += _steady_figures(size, steady, send(steady))
    check_log(made.home, acked, ("warm", "load", "steady"))
    return [*found, profile_figure(made.home, size)]


def wait_folded(server: Serving, seconds: float = 120.0) -> None:
    """Return once every event is in its member's profile.

    Raises:
        OperatorError: that is not so after ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while behind := _behind(server):
        if time.monotonic() > deadline:
            raise OperatorError(f"{behind:,.0f} profiles are still behind the log.")
        time.sleep(0.25)


def _behind(server: Serving) -> float:
    with urlopen(f"http://{server.host}:{server.port}/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    found = (line.split()[1] for line in lines if line.startswith("pasand_profiles_behind "))
    return float(next(found))


def profile_figure(home: Path, size: Size) -> Measured:
    """Return how large the stored profiles are."""
    database = Database(home / "store.db", read_only=True)
    try:
        sizes = [int(row[0]) for row in database.rows("SELECT length(body) FROM profile")]
    finally:
        database.close()
    at = {"profiles": len(sizes), "items": size.items}
    return Measured("profile_bytes_p99", quantile(sizes, 0.99), "bytes", at=at)


def key_of(home: Path) -> str:
    """Return the secret of a new key of a home."""
    return str(run("key", "create", "bench", "--home", str(home), "--json").report["secret"])


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process and its children have used, user and system.

    Raises:
        OperatorError: this system does not tell.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
        tasks = Path(f"/proc/{pid}/task").iterdir()
        children = {child for task in tasks for child in (task / "children").read_text().split()}
    except OSError as error:
        raise OperatorError(
            "This system does not tell a process's CPU time.", fix="Measure on Linux."
        ) from error
    user, system, *ended = stat.rpartition(")")[2].split()[11:15]
    ticks = int(user) + int(system) + sum(map(int, ended))
    return ticks / os.sysconf("SC_CLK_TCK") + sum(cpu_s(int(child)) for child in children)


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


def _steady_figures(size: Size, stream: Stream, seen: Seen) -> list[Measured]:
    at = {
        "batch": stream.batch,
        "load": "half",
        "connections": stream.connections,
        "events_per_s": round(stream.per_s * stream.batch),
        "items": size.items,
        "profiles": size.profiles,
    }
    return [
        Measured(f"ingest_ack_{name}_ms", round(quantile(seen.took_ms, share), 2), "ms", at=at)
        for name, share in (("p50", 0.5), ("p99", 0.99))
    ]
