"""A synthetic home, made the way a user makes one: import, then learn, with default settings but
for those named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pasand.bench.catalogue import Size, write_events, write_items, write_members
from pasand.bench.children import run

__all__ = ["Made", "make_home"]


@dataclass(frozen=True, slots=True)
class Made:
    """A home with how long its making took. ``interactions`` is what learning read."""

    home: Path
    size: Size
    events: int
    import_items_s: float
    import_events_s: float
    learn_s: float
    interactions: int


def make_home(
    folder: Path, size: Size, now_ms: int, learn_with: Mapping[str, str] = MappingProxyType({})
) -> Made:
    """Write a synthetic catalogue into ``folder``, import it and learn from it; ``learn_with``
    are settings beside the defaults.
    """
    items, members, events = (folder / name for name in ("i.jsonl", "m.csv", "e.csv"))
    write_items(items, size, now_ms)
    write_members(members, size)
    event_count = write_events(events, size, now_ms)
    home = folder / "home"
    run("init", "--home", str(home))
    item_run = run("import", "items", str(items), "--home", str(home), "--json")
    run("import", "members", str(members), "--home", str(home))
    event_run = run("import", "events", str(events), "--home", str(home), "--json")
    learn_run = run("learn", "--home", str(home), "--json", more=learn_with)
    (learned,) = (f for f in learn_run.report["figures"] if f["name"] == "learn_seconds")
    return Made(
        home,
        size,
        event_count,
        item_run.took_s,
        event_run.took_s,
        float(learned["value"]),
        int(learned["at"]["interactions"]),
    )
