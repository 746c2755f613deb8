"""Everything at once: pages and events at a steady rate while ``pasand learn`` runs beside them.

The load is an open loop: a request is due at its time whether those before it were answered or
not, and its time runs from when it was due. Learning starts with the load and again when it is
done, until the load ends; it is a process of its own on the same cores, as it is at home.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pasand.bench.catalogue import Size
from pasand.bench.children import Serving, run, serving
from pasand.bench.figures import Measured, quantile
from pasand.bench.homes import make_home
from pasand.bench.ingest import check_log, key_of
from pasand.bench.load import Load, Running, Seen, Stream, event_ids, load, loading, target
from pasand.errors import OperatorError

__all__ = ["BATCH", "learning", "measure_mixed", "mixed_load"]

PAGES_PER_S = 50.0
EVENTS_PER_S = 1_000.0
BATCH = 20
CONNECTIONS = 32
WARM_UP = 50


def measure_mixed(
    folder: Path,
    size: Size,
    now_ms: int,
    seconds: float = 30.0,
    pages_per_s: float = PAGES_PER_S,
    events_per_s: float = EVENTS_PER_S,
) -> list[Measured]:
    """Make a synthetic home in ``folder``, serve it, and load it with everything."""
    made = make_home(folder, size, now_ms)
    key = key_of(made.home)
    with serving(made.home) as server:
        warm = Stream("warm", 0, WARM_UP, 1)
        load(Load(target(server), key, size.items, size.profiles, now_ms, [warm]))
        wanted = mixed_load(server, key, size, now_ms, seconds, pages_per_s, events_per_s)
        with loading(wanted) as running, learning(made.home, running) as learned:
            seen = running.seen()
    pages, events = seen["pages"], seen["events"]
    stream = next(stream for stream in wanted.streams if stream.name == "events")
    acked = {event_id for request in events.acked for event_id in event_ids(stream, request)}
    check_log(made.home, acked, (stream.tag,))
    at = {
        "load": "mixed",
        "items": size.items,
        "profiles": size.profiles,
        "pages_per_s": pages_per_s,
        "events_per_s": events_per_s,
        "seconds": seconds,
    }
    if not (pages.took_ms and events.took_ms):
        raise OperatorError(f"Nothing was answered: {pages.status} and {events.status}.")
    return [
        *_times("page", pages, at),
        *_times("ingest_ack", events, {**at, "batch": BATCH}),
        Measured("pages_per_s", round(len(pages.took_ms) / pages.seconds, 1), "1/s", "higher", at),
        Measured("events_per_s", round(len(acked) / events.seconds), "1/s", "higher", at),
        Measured("load_errors", pages.errors + events.errors, "requests", at=at),
        Measured("refused_429", _refused(pages, events, 429), "requests", at=at),
        Measured("refused_503", _refused(pages, events, 503), "requests", at=at),
        Measured("degraded_pages", pages.degraded, "pages", at=at),
        Measured("learn_runs", len(learned), "runs", "higher", at),
    ]


def mixed_load(
    server: Serving,
    key: str,
    size: Size,
    now_ms: int,
    seconds: float,
    pages_per_s: float = PAGES_PER_S,
    events_per_s: float = EVENTS_PER_S,
) -> Load:
    """Return pages and events at a steady rate for so many seconds."""
    batches_per_s = events_per_s / BATCH
    streams = [
        Stream("pages", 0, max(round(seconds * pages_per_s), 1), CONNECTIONS, pages_per_s),
        Stream(
            "events", BATCH, max(round(seconds * batches_per_s), 1), CONNECTIONS, batches_per_s,
            tag="mixed",
        ),
    ]  # fmt: skip
    # Late answers are waited for and count as late; a server that falls far behind is not.
    most = 2.0 * seconds + 10.0
    return Load(target(server), key, size.items, size.profiles, now_ms, streams, most)


@contextmanager
def learning(home: Path, running: Running) -> Iterator[list[float]]:
    """Learn again and again while a load runs; the list yielded holds the seconds of each run."""
    took_s: list[float] = []
    failed: list[Exception] = []

    def learn_on() -> None:
        try:
            while running.going:
                took_s.append(run("learn", "--home", str(home)).took_s)
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=learn_on, name="learn")
    thread.start()
    try:
        yield took_s
    finally:
        thread.join()
    if failed:
        raise failed[0]


def _times(name: str, seen: Seen, at: dict[str, object]) -> list[Measured]:
    return [
        Measured(f"{name}_p50_ms", round(quantile(seen.took_ms, 0.5), 2), "ms", at=at),
        Measured(f"{name}_p99_ms", round(quantile(seen.took_ms, 0.99), 2), "ms", at=at),
    ]


def _refused(pages: Seen, events: Seen, status: int) -> int:
    return pages.status.get(status, 0) + events.status.get(status, 0)
