"""Write the attention that the package ships: learned in the built-in world from shuffled pages.

    python scripts/attention_table.py HOME [MEMBERS] [PAGES]

HOME is a home of the built-in world (``pasand demo``). What was learned is compared with the
world's truth and printed; rows and columns are written to
``src/pasand/stages/arranging/shipped_attention.py`` with their hash.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pasand.cli.world_attention import LearnedAttention, attention_in_world
from pasand.stages.arranging.attention import table_hash

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "src/pasand/stages/arranging/shipped_attention.py"
#: Beyond the shuffled rows and columns attention falls on as it fell over them.
SHOWN = (8, 8)


def main(home: Path, member_count: int, page_count: int) -> None:
    """Learn, compare, write."""
    learned = attention_in_world(home, member_count, page_count)
    for one in learned:
        print(f"{one.device:<8} {one.take_count:>6} takes, error {one.error:.4f}")
    TARGET.write_text(written(learned), "utf-8")


def written(learned: list[LearnedAttention]) -> str:
    """Return the module that holds the tables."""
    rows = {one.device: numbers(one.table[: SHOWN[0], 0].tolist()) for one in learned}
    columns = {one.device: numbers(one.table[0, : SHOWN[1]].tolist()) for one in learned}
    head = TARGET.read_text("utf-8").partition("HASH =")[0]
    return (
        f'{head}HASH = "{table_hash(rows, columns)}"\n'
        f"ROWS: dict[str, tuple[float, ...]] = {{\n{lines(rows)}}}\n"
        f"COLUMNS: dict[str, tuple[float, ...]] = {{\n{lines(columns)}}}\n"
    )


def numbers(values: list[float]) -> tuple[float, ...]:
    """Return values to four digits."""
    return tuple(round(value, 4) for value in values)


def lines(table: dict[str, tuple[float, ...]]) -> str:
    """Return one line a device."""
    return "".join(f'    "{device}": {row},\n' for device, row in table.items())


if __name__ == "__main__":
    arguments = [*sys.argv[1:], *("pasand-demo", "300", "100")[len(sys.argv) - 1 :]]
    main(Path(arguments[0]), int(arguments[1]), int(arguments[2]))
