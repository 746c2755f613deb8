"""Write the data of the notebook, plays.csv and titles.csv, from the built-in world.

The plays of its 200 most active members in the two months of its past; every name is invented.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from pasand.cli.demo_world import WORLD_NOW_MS
from pasand.domain.times import write_time
from pasand.world.history import write_history
from pasand.world.truth import make_world

FOLDER = Path(__file__).resolve().parents[1] / "examples" / "notebooks"
MEMBER_COUNT = 200
SEED = 1


def main() -> None:
    """Write both files."""
    world = make_world(SEED, WORLD_NOW_MS)
    plays = [e for e in write_history(world, SEED, WORLD_NOW_MS) if e.kind == "play_start"]
    active = Counter(play.member_id for play in plays).most_common(MEMBER_COUNT)
    kept = {member_id for member_id, _ in active}
    write(
        FOLDER / "plays.csv",
        ("member_id", "item_id", "at", "device"),
        (
            (e.member_id, e.item_id, write_time(e.occurred_ms // 1000 * 1000), e.device)
            for e in plays
            if e.member_id in kept
        ),
    )
    write(
        FOLDER / "titles.csv",
        ("item_id", "title", "type", "genres", "year"),
        (
            (t.item.item_id, t.item.title, t.item.type, "|".join(t.item.genres), t.item.year)
            for t in world.titles
        ),
    )


def write(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table with a line of names."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
