"""Write ``bench/README.md`` from ``bench/results/*.json``: ``python bench/tables.py``.

Measures nothing; ``make bench`` writes the results.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from context_tables import context_section
from page_tables import page_section
from peers_tables import peers_section

FOLDER = Path(__file__).resolve().parent
SIZES = (1_000, 10_000, 100_000)
Report = dict[str, Any]

OPENING = """\
# Benchmarks

`make bench` runs `pasand bench page|ingest|freshness|mixed|import|learn|install`, each with \
`--out bench/results/NAME.json` (`page-speed.json` for `page`); `python bench/tables.py` writes this file from those. Each \
benchmark drives the real command as a child process with default settings, on synthetic data \
(`src/pasand/bench/catalogue.py`) or on a data set that you name with `--data`.

Machine: {machine}. Date: {date}. Commits: {commits}. The machine is shared, so take p99 above \
all with care.
"""
PAGE = """
## A page over HTTP, one request at a time

2,000 members with 30 events each, device tv, 300 pages a round, each of another member, the \
median of 3 rounds; one connection that stays open; every page is logged. Time runs from sending \
the request to having read the whole answer. *First*: the member's profile is folded from the \
log. Budget for 40 × 40 of 100,000 items: p50 10 ms, p99 30 ms.

| items | rows × columns asked | cells (median) | p50 ms | p99 ms | first p50 ms | first p99 ms |
|---:|---|---:|---:|---:|---:|---:|
"""
COLD = """
With {items:,} items and {profiles:,} members of {events_each} events each, without a sequence \
model: {pages:,} pages of {rows} × {columns} for members drawn uniformly, each asked for once of a \
server that has just started, with nothing of the home in the system's memory.

| cells (median) | p50 ms | p99 ms (aim 60) | largest process at most, MiB (aim 2,048) | server start s |
|---:|---:|---:|---:|---:|
"""
HOMES = """
| items | items imported a second | learning s | server start s | server memory at most, MB |
|---:|---:|---:|---:|---:|
"""
INGEST = """
## Events over HTTP

{profiles:,} members; {connections} connections that stay open, each sending its next batch (one \
member's events, in the order of their times) as soon as the last one is acknowledged, from a \
process of its own. A core's rate is by the CPU seconds of the server and its page process, until \
every event is folded into its member's profile. An acknowledgement is the 202, after the fsync; \
with every connection always waiting for one, its time is mostly the queue's, so it was timed once \
more at half the rate. After the run the log is read and must hold exactly the acknowledged \
events. Aim: 8,000, 40,000 and 80,000 events a second a core, p99 25 ms at 20 a request: missed, \
see below.

| events a request | events | events a second a core | events a second | ack p50 ms | ack p99 ms | \
p99 at half the rate | memory MB |
|---:|---:|---:|---:|---:|---:|---:|---:|
"""
INGEST_END = """
Where a core's time goes at 20 a request, measured in process: reading, checking and appending \
14 us an event, merging the log's index 4, folding 18 to 22; the rest is HTTP, writing profiles \
behind and threads that wait for each other. Tried, and kept: 64 rows a statement with an index \
that is merged later (23 us before, 6 now), one decoder for plain events (26 before, 8 now), no \
thread for each request (2,970 to 4,700 requests a second a core), offsets instead of events \
beside profiles.

Of the stored profiles, 99 in 100 take {bytes:,} bytes or less; 8,192 are allowed.
"""
FRESHNESS = """
## From a thumb down to a page without the title

Pages are asked for as soon as the thumb is acknowledged, until one is without the title; time \
ends when that page was read. Aim: p99 25 ms idle, 100 ms under the load of *everything at once*.

| load | tries | p50 ms | p99 ms | pages it took at most |
|---|---:|---:|---:|---:|
"""
MIXED = """
## Everything at once

{pages_per_s:g} pages and {events_per_s:,g} events a second (20 a request) for {seconds:g} s, an \
open loop: time runs from when a request was due. `pasand learn` runs beside it, again and again. \
Aim: page p99 60 ms, acknowledgement p99 50 ms, no error.

| | p50 ms | p99 ms | a second |
|---|---:|---:|---:|
"""
COUNTS = """
Errors: {load_errors}; degraded pages: {degraded_pages}; learned {learn_runs} times.
"""
IMPORT = """
## Importing events

`pasand import events` (or `movielens`) from its start to its end, into a fresh home.

| data | rows | rows a second |
|---|---:|---:|
"""
LEARN = """
## Learning

`pasand learn`: co-visitation, EASE (up to 8,000 items) and context, reading the log included.

| data | items | interactions | s |
|---|---:|---:|---:|
"""
SEQUENCE = """
## The sequence model

`pasand bench sequence` at {commit}: trained on {data}, then served without PyTorch for {members:,} \
members (median {events} events read). *Agreement*: members whose 50 best items are the trainer's, \
but for items whose scores differ by less than 1e-4.

| train s | passes | validation NDCG@10 | encode p50 ms | encode p99 ms | a page's own step p50 ms | \
agreement |
|---:|---:|---:|---:|---:|---:|---:|
"""
INSTALL = """
## Install

The wheel with its core dependencies in an empty environment, beside pip, setuptools and Pasand \
itself; compiled Python files count.

| | | budget |
|---|---:|---:|
"""


ERASE = """
## Erasing a member

A member left {canaries} words in every field and place: events, dead letters, segments, backups. \
After `pasand member erase` beside a running server, {found} of them stand in any of the home's \
{files} files, compressed contents and freed pages included; before, all are found.
"""
SOAK = """
## The long proofs

`make soak` at {commit}, {date}; each part is a command of its own with its own seed. The short \
forms run in `make test`. What they prove, and how: \
[decision 11](../docs/decisions/0011-durability-is-proved.md).

| proof | done | of | found |
|---|---:|---:|---|
"""


def erase_text() -> str:
    """Return the section about erasing."""
    (found,) = result("erase")["figures"]
    return ERASE.format(found=found["value"], **found["at"])


def soak_table() -> str:
    """Return the section about the long proofs, empty where they were never run."""
    if not (FOLDER / "results" / "soak.json").exists():
        return ""
    soak = result("soak")
    text = SOAK.format(**soak)
    for proof, kept in soak["proofs"].items():
        found = (f"{name} {one['value']:,}" for name, one in kept["figures"].items())
        failed = [f"**{len(kept['failures'])} parts failed**"] if kept["failures"] else []
        text += row(proof, kept["done"], kept["of"], "; ".join([*found, *failed]))
    notes = (kept["note"] for kept in soak["proofs"].values() if "note" in kept)
    return text + "".join(f"\n{note}\n" for note in notes)


def sequence_table() -> str:
    """Return the section about the sequence model, empty where it was never measured."""
    if not (FOLDER / "results" / "sequence.json").exists():
        return ""
    report = result("sequence")
    at = {key: one for figure in report["figures"] for key, one in figure["at"].items()}
    names = ("encode_p50_ms", "encode_p99_ms", "finish_p50_ms", "serving_top50_agreement")
    found = [value(report, name) for name in ("validation_ndcg@10", *names)]
    text = SEQUENCE.format(commit=report["commit"], **at)
    return text + row(value(report, "train_seconds"), at["passes"], *found)


def value(report: Report, name: str, **at: object) -> Any:
    """Return a figure's value, a dash where it was not measured."""
    for figure in report["figures"]:
        if figure["name"] == name and at.items() <= figure["at"].items():
            return figure["value"]
    return "-"


def row(*cells: object) -> str:
    """Return one line of a table."""
    shown = (f"{cell:,}" if isinstance(cell, (int, float)) else str(cell) for cell in cells)
    return f"| {' | '.join(shown)} |\n"


def ingest_table(ingest: Report) -> str:
    """Return the section about events over HTTP."""
    text = INGEST.format(**ingest["figures"][0]["at"])
    names = ("s_core", "s", "ack_p50_ms", "ack_p99_ms")
    columns = ["ingest_" + ("events_per_" if name[0] == "s" else "") + name for name in names]
    for figure in ingest["figures"]:
        if figure["name"] == "ingest_rss_mb":
            batch, events = figure["at"]["batch"], figure["at"]["events"]
            idle = [value(ingest, name, batch=batch, load="idle") for name in columns]
            half = value(ingest, "ingest_ack_p99_ms", batch=batch, load="half")
            text += row(batch, events, *idle, half, figure["value"])
    return text + INGEST_END.format(bytes=value(ingest, "profile_bytes_p99"))


def live_tables(ingest: Report, freshness: Report, mixed: Report) -> str:
    """Return the sections about a server that takes events and makes pages."""
    text = ingest_table(ingest) + FRESHNESS
    for load in ("idle", "mixed"):
        (tries,) = (
            figure["at"]["tries"]
            for figure in freshness["figures"]
            if figure["name"] == "freshness_p99_ms" and figure["at"]["load"] == load
        )
        names = ("freshness_p50_ms", "freshness_p99_ms", "freshness_pages_max")
        text += row(load, tries, *(value(freshness, name, load=load) for name in names))
    text += MIXED.format(**mixed["figures"][0]["at"])
    for what, stem, rate in (("pages", "page", "pages"), ("events", "ingest_ack", "events")):
        names = (f"{stem}_p50_ms", f"{stem}_p99_ms", f"{rate}_per_s")
        text += row(what, *(value(mixed, name) for name in names))
    counts = {name: value(mixed, name) for name in ("load_errors", "degraded_pages", "learn_runs")}
    return text + COUNTS.format(**counts)


def cold_table(page: Report) -> str:
    """Return what was measured with more items and members than any cache holds, if it was."""
    cold = {f["name"]: f for f in page["figures"] if f["at"].get("cache") == "cold"}
    if not cold:
        return ""
    names = ("page_cells", "page_p50_ms", "page_p99_ms", "serve_rss_mb", "start_s")
    return COLD.format(**cold["page_p99_ms"]["at"]) + row(*(cold[n]["value"] for n in names))


def tables(page: Report, live: str, imports: Report, learn: Report, install: Report) -> str:
    """Return the text of the README; ``live`` is what ``live_tables`` gave."""
    text = OPENING.format(**page, commits=commits()) + PAGE
    timed = ("page_cells", "page_p50_ms", "page_p99_ms", "page_first_p50_ms", "page_first_p99_ms")
    for items in SIZES:
        for rows in (20, 40):
            found = [value(page, name, items=items, rows=rows) for name in timed]
            text += row(items, f"{rows} × {rows}", *found)
    text += cold_table(page) + HOMES
    for items in SIZES:
        names = ("import_items_per_s", "learn_seconds", "start_s", "server_memory_mb")
        text += row(items, *(value(page, name, items=items) for name in names))
    text += live + IMPORT
    for figure in imports["figures"]:
        at = figure["at"]
        text += row(f"{at['data']}, {at['format']}", at["rows"], figure["value"])
    text += LEARN
    for figure in learn["figures"]:
        at = figure["at"]
        text += row(at["data"], at.get("items", ""), at["interactions"], figure["value"])
    text += sequence_table()
    text += INSTALL + row("distributions", value(install, "install_distributions"), 30)
    text += row("MB", value(install, "install_mb"), 300)
    text += row("the wheel itself, MB", value(install, "wheel_mb"), "")
    peers = peers_section(FOLDER / "results" / "peers.json")
    pages = page_section(FOLDER / "results" / "page.json")
    context = context_section(FOLDER / "results")
    return text + erase_text() + soak_table() + pages + context + peers


def main() -> None:
    """Write the README."""
    live = live_tables(*map(result, ("ingest", "freshness", "mixed")))
    others = map(result, ("import", "learn", "install"))
    (FOLDER / "README.md").write_text(tables(result("page-speed"), live, *others), "utf-8")


def commits() -> str:
    """Return at which commit each benchmark was run."""
    ran: dict[str, list[str]] = {}
    for name in ("page-speed", "ingest", "freshness", "mixed", "erase", "import", "learn", "install"):
        ran.setdefault(result(name)["commit"], []).append(name)
    return "; ".join(f"{commit} ({', '.join(names)})" for commit, names in ran.items())


def result(name: str) -> Report:
    """Return what ``make bench`` wrote of one benchmark."""
    report: Report = json.loads((FOLDER / "results" / f"{name}.json").read_text("utf-8"))
    return report


if __name__ == "__main__":
    main()
