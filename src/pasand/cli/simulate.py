"""``pasand simulate``: weeks of the world's members on real pages of a copy of the demo's home."""

from __future__ import annotations

import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pasand.cli.options import HomeOption, JsonOption, bar, figure, print_figures, say

if TYPE_CHECKING:
    from pasand.domain.events import Event
    from pasand.world.simulation import SimulationResult

__all__ = ["rows_met", "simulate", "simulated"]

#: Name of a figure, its unit, and whether more is better.
FIGURES = (
    ("discovery_share", "share", "higher"),
    ("cells_seen_before_play", "cells", "lower"),
    ("failed_session_share", "share", "lower"),
    ("minutes_per_member", "minutes a week", "higher"),
    ("returns_share", "share", "higher"),
    ("left_share", "share", "lower"),
    ("visits", "visits", "higher"),
    ("plays", "plays", "higher"),
)


def simulate(
    home: HomeOption = Path("pasand-demo"),
    policy: Annotated[str, typer.Option(help="engine, or popular to compare with.")] = "engine",
    weeks: Annotated[int, typer.Option(min=1, max=52, help="How many weeks.")] = 1,
    members: Annotated[int | None, typer.Option(help="The first so many members only.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of what members do.")] = 1,
    json: JsonOption = False,
) -> None:
    """Let the world's members look, scroll, play and leave; the home itself is not changed.

    Example: pasand simulate --policy engine --weeks 2 --members 500
    """
    from pasand.bootstrap import copy_home
    from pasand.errors import InvalidInput

    if policy not in ("engine", "popular"):
        raise InvalidInput(f"There is no policy {policy}.", field="policy", fix="engine, popular")
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="pasand-") as folder:
        copy = Path(folder) / "home"
        copy_home(home, copy)
        result = simulated(copy, policy, weeks, members, seed)
    at: dict[str, Any] = {
        "policy": policy,
        "weeks": weeks,
        "seed": seed,
        "members": result.member_count,
    }
    values: dict[str, Any] = asdict(result)
    values["cells_seen_before_play"] = values["cells_seen_before_play_mean"]
    figures = [
        figure(name, round(values[name], 4), unit, better, **at) for name, unit, better in FIGURES
    ]
    for row in figures:
        say(f"  {row['name']:<24} {row['value']:>12,}  {row['unit']}")
    say(f"  ({time.perf_counter() - started:.0f} s)")
    if json:
        print_figures("simulate", figures, {"world": "built in"}, seed)


def simulated(
    home: Path, policy: str, weeks: int, members: int | None, seed: int, after_weeks: int = 0
) -> SimulationResult:
    """Live through weeks in a home of the world's own, which changes; ``after_weeks`` that it has
    lived through before.

    Raises:
        InvalidInput: the home does not hold the built-in world.
    """
    from pasand.adapters.clocks import HandClock
    from pasand.bootstrap import open_home
    from pasand.errors import InvalidInput
    from pasand.flows.engine import PageRequest
    from pasand.flows.served import page_event
    from pasand.world.simulation import WEEK_MS, ServedPage
    from pasand.world.simulation import simulate as live
    from pasand.world.truth import make_world

    clock = HandClock(0)
    opened = open_home(home, clock=clock)
    try:
        engine = opened.engine
        note = engine.stores.ledger.note("world")
        if not note:
            raise InvalidInput(
                f"{home} does not hold the built-in world.", field="home", fix="pasand demo"
            )
        world_seed, now_ms = map(int, note.split())
        plan = "popular" if policy == "popular" else ""
        asked = 0

        def serve(member_id: str, at_ms: int, device: str) -> ServedPage:
            nonlocal asked
            clock.at_ms = at_ms
            asked += 1
            if asked % 100 == 0:
                engine.tick()
            page = engine.page(PageRequest(member_id=member_id, device=device, plan=plan))
            return ServedPage(page.page_id, rows_met(page_event(page)))

        def tell(events: list[Event]) -> None:
            engine.append([engine.pages.join(event) for event in events])

        past = sorted((stored.event for stored in engine.stores.log.read()), key=lambda e: e.key)
        show = bar(f"Weeks with {policy}")
        return live(
            make_world(world_seed, now_ms),
            serve,
            tell,
            policy,
            weeks,
            seed,
            now_ms + after_weeks * WEEK_MS,
            show,
            members,
            past,
        )
    finally:
        opened.close()


def rows_met(served: Event) -> tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]:
    """Return the rows of a page_served event as the world's members meet them."""
    rows = served.payload["rows"]
    return tuple((row["kind"], tuple(row["items"]), tuple(row["artworks"])) for row in rows)
