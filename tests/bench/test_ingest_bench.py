"""Load, ingest, freshness and mixed at tiny sizes: what they say is there and true, not fast."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path

import pytest

from pasand.bench.catalogue import Size
from pasand.bench.children import Serving, run, serving
from pasand.bench.figures import Measured
from pasand.bench.freshness import measure_freshness
from pasand.bench.ingest import check_log, key_of, measure_ingest
from pasand.bench.load import KINDS, Load, Stream, bodies, event_ids, load, target
from pasand.bench.mixed import measure_mixed
from pasand.domain.parse import parse_event
from pasand.errors import OperatorError

SIZE = Size(items=60, profiles=12, events_each=7)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def by_name(found: list[Measured], **at: object) -> dict[str, float]:
    return {one.name: one.value for one in found if at.items() <= one.at.items()}


def test_what_is_sent_are_events_of_every_kind_with_distinct_ids() -> None:
    at_ms = now_ms()
    stream = Stream("load", 20, 100, 2)
    wanted = Load(1, "key", 60, 12, at_ms, [stream])
    sent = [event for body in bodies(wanted, stream) for event in json.loads(body)["events"]]
    events = [parse_event(event, now_ms=at_ms) for event in sent]
    assert len({event.event_id for event in events}) == 2_000
    assert [event.event_id for event in events[:20]] == event_ids(stream, 0)
    kinds = Counter(event.kind for event in events)
    assert set(kinds) == set(KINDS)
    assert kinds.most_common(1)[0][0] == "impression"


def test_load_is_for_this_machine_only() -> None:
    with pytest.raises(OperatorError):
        target(Serving("192.0.2.1", 80, 1))


def test_ingest_tells_its_figures_for_every_batch_size(tmp_path: Path) -> None:
    found = measure_ingest(tmp_path, SIZE, now_ms(), ((1, 30), (20, 200)), connections=3)
    for batch, events in ((1, 30), (20, 200)):
        figures = by_name(found, batch=batch, events=events, load="idle", connections=3)
        assert set(figures) == {
            "ingest_events_per_s_core",
            "ingest_events_per_s",
            "ingest_ack_p50_ms",
            "ingest_ack_p99_ms",
            "ingest_rss_mb",
        }
        assert min(figures.values()) > 0


def test_the_log_is_held_against_what_was_acknowledged(tmp_path: Path) -> None:
    run("init", "--home", str(tmp_path))
    key = key_of(tmp_path)
    stream = Stream("load", 5, 4, 2)
    with serving(tmp_path) as server:
        seen = load(Load(target(server), key, 60, 12, now_ms(), [stream]))["load"]
        again = load(Load(target(server), key, 60, 12, now_ms(), [stream]))["load"]
    assert (seen.sent, seen.errors, seen.status) == (4, 0, {202: 4})
    assert again.acked == [], "nothing is accepted a second time"
    acked = {event_id for request in seen.acked for event_id in event_ids(stream, request)}
    assert len(acked) == 20
    check_log(tmp_path, acked, ("load",))
    with pytest.raises(OperatorError, match="lost 1"):
        check_log(tmp_path, acked | {"load-x"}, ("load",))
    with pytest.raises(OperatorError, match="1 in it were not"):
        check_log(tmp_path, acked - {"load-3"}, ("load",))


def test_a_refused_load_shows_as_errors(tmp_path: Path) -> None:
    run("init", "--home", str(tmp_path))
    with serving(tmp_path) as server:
        wanted = Load(target(server), "sk_wrong", 60, 12, now_ms(), [Stream("pages", 0, 3, 1)])
        seen = load(wanted)["pages"]
    assert (seen.sent, seen.errors, seen.took_ms) == (3, 3, [])
    assert sum(seen.status.values()) == 3


def test_freshness_ends_on_a_page_without_the_title(tmp_path: Path) -> None:
    found = measure_freshness(tmp_path, SIZE, now_ms(), tries=3, mixed_s=1.0)
    for name in ("idle", "mixed"):
        figures = by_name(found, load=name)
        assert set(figures) == {"freshness_p50_ms", "freshness_p99_ms", "freshness_pages_max"}
        assert figures["freshness_pages_max"] >= 1


def test_mixed_sends_all_of_it_while_learning(tmp_path: Path) -> None:
    found = measure_mixed(tmp_path, SIZE, now_ms(), 1.0, pages_per_s=10, events_per_s=200)
    figures = by_name(found, load="mixed")
    for name in ("page_p50_ms", "page_p99_ms", "ingest_ack_p50_ms", "ingest_ack_p99_ms"):
        assert figures[name] > 0
    for name in ("load_errors", "refused_429", "refused_503", "degraded_pages"):
        assert figures[name] == 0
    assert figures["pages_per_s"] > 0
    assert figures["events_per_s"] > 0
    assert figures["learn_runs"] >= 1
