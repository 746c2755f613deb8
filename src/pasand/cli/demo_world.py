"""Building the demo's home from the built-in world: titles, members, two months of events."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pasand.cli.options import bar

__all__ = ["WORLD_NOW_MS", "build_world"]

#: The world ends on a Friday evening, so that the demo opens on one.
WORLD_NOW_MS = 1_794_592_800_000


def build_world(home: Path, seed: int, done: Callable[[str], None]) -> dict[str, int]:
    """Fill an empty home and draw the pictures beside it; ``done`` is told each phase."""
    from pasand.bootstrap import visit_home
    from pasand.flows.importing import import_parsed
    from pasand.world.draw import draw_all
    from pasand.world.history import write_history
    from pasand.world.titles import make_episodes
    from pasand.world.truth import make_world

    world = make_world(seed, WORLD_NOW_MS)
    done("world")
    visit = visit_home(home)
    try:
        visit.stores.ledger.put_note("world", f"{seed} {WORLD_NOW_MS}")
        with ThreadPoolExecutor(1) as beside:
            # The pictures are drawn by two other processes while the log is written here.
            drawing = beside.submit(draw_all, world.titles, home / "artwork", 2, bar("Pictures"))
            records: list[Any] = [title.item for title in world.titles]
            records += make_episodes(world.titles)
            items = import_parsed(records, "world", visit.owner, WORLD_NOW_MS)
            members = [member.member for member in world.members]
            import_parsed(members, "world", visit.owner, WORLD_NOW_MS)
            show = bar("Two months of events")
            events = import_parsed(
                write_history(world, seed, WORLD_NOW_MS),
                "world",
                visit.owner,
                WORLD_NOW_MS,
                lambda count: show(count, 0),
            )
            done("log")
            drawing.result()
            done("pictures")
    finally:
        visit.close()
    return {"items": items.kept, "members": len(members), "events": events.kept}
