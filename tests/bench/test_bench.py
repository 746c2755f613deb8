"""The benchmarks at tiny sizes: what they write is importable, what they start is stopped."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest

from pasand.bench.catalogue import Size, write_events, write_items, write_members
from pasand.bench.children import run, serving
from pasand.bench.cold_pages import measure_cold_pages
from pasand.bench.figures import Measured, median, quantile
from pasand.bench.imports import measure_import
from pasand.bench.install import measure_install, size_of
from pasand.bench.pages import measure_pages
from pasand.domain.parse import parse_event, parse_item, parse_member
from pasand.errors import InvalidInput, OperatorError

NOW_MS = 1_760_000_000_000
SIZE = Size(items=60, profiles=12, events_each=7)


def by_name(found: list[Measured], name: str) -> list[Measured]:
    return [measured for measured in found if measured.name == name]


def test_quantiles_are_values_that_were_measured() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert median(values) == 3.0
    assert quantile(values, 0.99) == 5.0
    assert quantile([7.0], 0.5) == 7.0


def test_the_synthetic_catalogue_can_be_imported_whole(tmp_path: Path) -> None:
    write_items(tmp_path / "i.jsonl", SIZE, NOW_MS)
    write_members(tmp_path / "m.csv", SIZE)
    count = write_events(tmp_path / "e.csv", SIZE, NOW_MS)
    lines = (tmp_path / "i.jsonl").read_text().splitlines()
    items = {parse_item(json.loads(line)).item_id for line in lines}
    with (tmp_path / "m.csv").open() as source:
        members = {parse_member(row).member_id for row in csv.DictReader(source)}
    with (tmp_path / "e.csv").open() as source:
        events = [
            parse_event(dict(row), now_ms=NOW_MS, time_required=True)
            for row in csv.DictReader(source)
        ]
    assert (len(items), len(members), len(events)) == (60, 12, count)
    assert count == 12 * 7
    assert {event.item_id for event in events} <= items
    assert {event.member_id for event in events} == members
    times = [event.occurred_ms for event in events]
    assert times == sorted(times)


def test_the_same_seed_gives_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_events(tmp_path / name, SIZE, NOW_MS)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_import_counts_every_row(tmp_path: Path) -> None:
    (rate,) = measure_import(tmp_path, 200, NOW_MS)
    assert rate.name == "import_events_per_s"
    assert rate.value > 0
    assert rate.at == {"data": "synthetic", "rows": 200, "format": "csv"}


def test_pages_are_asked_over_http_in_every_shape(tmp_path: Path) -> None:
    shapes = ((2, 4), (3, 6))
    found = measure_pages(tmp_path, SIZE, NOW_MS, page_count=3, rounds=1, shapes=shapes)
    for name in ("page_p50_ms", "page_p99_ms", "page_first_p50_ms", "page_first_p99_ms"):
        figures = by_name(found, name)
        assert [(f.at["rows"], f.at["columns"]) for f in figures] == list(shapes)
        for figure in figures:
            assert figure.value > 0
            assert set(figure.at) == {"items", "profiles", "rows", "columns", "load"}
            assert figure.at["load"] == "idle"
    assert by_name(found, "page_cells")[0].value > 0
    (learned,) = by_name(found, "learn_seconds")
    assert learned.at["interactions"] > 0


def test_a_server_does_not_outlive_its_block(tmp_path: Path) -> None:
    run("init", "--home", str(tmp_path))
    with pytest.raises(ZeroDivisionError), serving(tmp_path) as server:
        assert server.port > 0
        raise ZeroDivisionError
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)


def test_a_failing_command_says_why(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="no Pasand home"):
        run("learn", "--home", str(tmp_path / "nowhere"))
    with pytest.raises(OperatorError, match="did not start"), serving(tmp_path / "nowhere"):
        pass


def test_own_packages_do_not_count(tmp_path: Path) -> None:
    for name, size in (("pip", 5), ("pasand-0.1.dist-info", 7), ("numpy", 11)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(b"x" * size)
    (tmp_path / "six.py").write_bytes(b"x" * 13)
    assert size_of(tmp_path) == 24


def test_only_a_checkout_can_be_built(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        measure_install(tmp_path, tmp_path / "nowhere")
    assert caught.value.field == "project"


def test_cold_pages_are_of_distinct_members_and_the_home_stays(tmp_path: Path) -> None:
    found = measure_cold_pages(tmp_path / "kept", SIZE, NOW_MS, page_count=5)
    for name in ("page_p50_ms", "page_p99_ms", "serve_rss_mb", "start_s", "page_cells"):
        (figure,) = by_name(found, name)
        assert figure.value > 0 and figure.at["cache"] == "cold" and figure.at["pages"] == 5
        assert (figure.at["items"], figure.at["profiles"]) == (SIZE.items, SIZE.profiles)
    made = (tmp_path / "kept" / "home" / "pasand.toml").stat().st_mtime_ns
    again = measure_cold_pages(tmp_path / "kept", SIZE, NOW_MS, page_count=50)
    assert by_name(again, "page_p99_ms")[0].at["pages"] == SIZE.profiles
    assert (tmp_path / "kept" / "home" / "pasand.toml").stat().st_mtime_ns == made
