"""``pasand demo``: the whole loop on the built-in world, or on a MovieLens folder, in minutes."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from pasand.cli.options import (
    HomeOption,
    JsonOption,
    figure,
    print_figures,
    say,
)

__all__ = ["demo"]

SEED = 7
#: What the sequence model may take of the demo's minutes, where it can be trained at all.
SEQUENCE_SECONDS = 45
#: Requests of the past that its ranker learns from: the world has few members.
RANKER_LESSONS = 1_200


def demo(
    data: Annotated[
        Path | None, typer.Option(help="A MovieLens folder instead of the built-in world.")
    ] = None,
    artwork: Annotated[Path | None, typer.Option(help="Pictures named by movie id.")] = None,
    home: HomeOption = Path("pasand-demo"),
    check: Annotated[
        bool, typer.Option("--check", help="Build anew, ask for pages, print figures, stop.")
    ] = False,
    port: Annotated[int, typer.Option(help="Port to serve at.")] = 8765,
    json: JsonOption = False,
) -> None:
    """Build a world (once), learn, serve, and print the address and a key.

    Example: pasand demo --check --json
    """
    if data is not None and home == Path("pasand-demo"):
        home = Path(f"pasand-demo-{data.resolve().name}")
    phases = _Phases()
    if check:
        shutil.rmtree(home, ignore_errors=True)
    counts = _prepare(home, data, artwork, phases)
    if check:
        _check(home, data, counts, phases, json)
        return
    _stay(home, port)


class _Phases:
    """Seconds by phase."""

    def __init__(self) -> None:
        self.started = self._lap = time.perf_counter()
        self.seconds: dict[str, float] = {}

    def done(self, phase: str) -> None:
        """Note that a phase is over."""
        now = time.perf_counter()
        self.seconds[phase] = now - self._lap
        self._lap = now


def _prepare(
    home: Path, data: Path | None, artwork: Path | None, phases: _Phases
) -> dict[str, int]:
    """Build the home unless it is complete; return what was imported."""
    marker = home / "demo-complete"
    if marker.exists():
        return {}
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    posters = str(data is not None).lower()
    (home / "pasand.toml").write_text(
        f'clock = "data"\n\n[web]\nopen_profiles = true\nposters = {posters}\n'
        f"\n[learn]\nsequence_seconds = {SEQUENCE_SECONDS}\n"
        f"ranker_lessons = {RANKER_LESSONS}\n",
        "utf-8",
    )
    from pasand.bootstrap import open_home
    from pasand.cli.learn import learn

    open_home(home, create=True).close()
    if data is None:
        from pasand.cli.demo_world import build_world

        counts = build_world(home, SEED, phases.done)
    else:
        from pasand.cli.importing import import_movielens

        _, counts = import_movielens(data, home, artwork)
        phases.done("import")
    learn(home, json=False)
    phases.done("learn")
    marker.touch()
    return counts


def _stay(home: Path, port: int) -> None:
    """Serve until stopped, with a key and the address on the terminal."""
    from pasand.bootstrap import open_home
    from pasand.cli.serve import run_server
    from pasand.web.access import new_key

    opened = open_home(home)
    key, secret = new_key("demo", (), opened.engine.now_ms())
    opened.engine.stores.ledger.put_key(key)

    def ready(url: str) -> None:
        say(f"\n  Open      {url}")
        say(f"  API key   {secret}")
        say(f"  API       {url}/schema\n\n  Ctrl-C stops it; run it again to go on.\n")

    run_server(opened, opened.engine.settings.serve.host, port, ready)


def _check(
    home: Path, data: Path | None, counts: dict[str, int], phases: _Phases, json: bool
) -> None:
    """Serve as a child process, ask for five unlike members' pages, print figures."""
    from pasand.bench.children import serving
    from pasand.bench.client import Client
    from pasand.bootstrap import visit_home
    from pasand.web.access import new_key

    visit = visit_home(home)
    key, secret = new_key("check", (), visit.stores.clock.now_ms())
    visit.owner.put_key(key)
    members = [member.member_id for member in visit.stores.catalog.members(60)]
    visit.close()
    with serving(home) as server:
        client = Client(server, secret)
        try:
            chosen = _unlike(client, members)
            pages = [client.get(f"/v1/page?member_id={m}&device=tv") for m in chosen]
        finally:
            client.close()
    phases.done("serve")
    rows = min(len(page["rows"]) for page in pages)
    cells = min(sum(len(row["cells"]) for row in page["rows"]) for page in pages)
    overlap = _overlap(pages)
    total = time.perf_counter() - phases.started
    name = "world" if data is None else data.resolve().name
    figures = [
        figure("demo_seconds", round(seconds, 2), "s", "lower", phase=phase, data=name)
        for phase, seconds in [*phases.seconds.items(), ("total", total)]
    ]
    figures += [
        figure("demo_rows", rows, "rows", device="tv", data=name, members=len(chosen)),
        figure("demo_cells", cells, "cells", device="tv", data=name, members=len(chosen)),
        figure("demo_overlap", round(overlap, 4), "share", "lower", data=name, titles=18),
        *(figure(f"imported_{what}", count, "rows", data=name) for what, count in counts.items()),
    ]
    say(f"{len(chosen)} members, at least {rows} rows and {cells} cells, overlap {overlap:.2f}.")
    if json:
        print_figures("demo", figures, _hashes(data), SEED, {"members": chosen})


def _unlike(client: Any, members: list[str], count: int = 5) -> list[str]:
    """Return members whose tastes by genre are furthest apart, beginning with the richest."""
    tastes: dict[str, dict[str, float]] = {}
    for member_id in members:
        profile = client.get(f"/v1/members/{member_id}/profile")
        strong = {g["name"]: max(g["strength"], 0.0) for g in profile["genres"]}
        total = sum(strong.values())
        if profile["events"] >= 20 and total > 0:
            tastes[member_id] = {name: value / total for name, value in strong.items()}

    def apart(one: str, other: str) -> float:
        names = tastes[one].keys() | tastes[other].keys()
        return sum(abs(tastes[one].get(n, 0.0) - tastes[other].get(n, 0.0)) for n in names)

    chosen = list(tastes)[:1]
    while chosen and len(chosen) < min(count, len(tastes)):
        rest = [m for m in tastes if m not in chosen]
        chosen.append(max(rest, key=lambda m: min(apart(m, c) for c in chosen)))
    return chosen


def _overlap(pages: list[dict[str, Any]]) -> float:
    """Return the mean share that two members' first 18 titles (3 rows of 6) have in common."""
    firsts = []
    for page in pages:
        rows = [row for row in page["rows"] if row["shape"] != "hero"][:3]
        firsts.append({cell["item_id"] for row in rows for cell in row["cells"][:6]})
    shares = [
        len(one & other) / max(1, min(len(one), len(other)))
        for at, one in enumerate(firsts)
        for other in firsts[:at]
    ]
    return sum(shares) / max(1, len(shares))


def _hashes(data: Path | None) -> dict[str, str]:
    if data is None:
        return {}
    from pasand.adapters.interaction_files import hash_of_ratings

    with suppress(OSError):
        return hash_of_ratings(data)
    return {}
