"""``pasand evaluate context``: what hour, date, device, region, searches and prices are worth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pasand.cli.options import JsonOption, bar, one_thread_each, print_figures, say, write_figures

if TYPE_CHECKING:
    from pasand.flows.evaluating_context import ContextFound

__all__ = ["context"]

DayEvents = Annotated[
    int, typer.Option(min=1, help="Data with times: fewest events that make a day large enough.")
]


def context(
    data: Annotated[Path, typer.Option(help="A folder of Frappe, Globo or trivago, or events.")],
    day_events: DayEvents = 20_000,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 1,
    json: JsonOption = False,
    out: Annotated[Path | None, typer.Option(help="Write the JSON of --json here too.")] = None,
) -> None:
    """Rank with and without context, and without one signal after the other.

    Example: pasand evaluate context --data ~/Downloads/frappe
    """
    one_thread_each()
    found, hashes = _found(data, day_events, seed)
    more = {"split": found.split, "warnings": found.warnings}
    if out is not None:
        write_figures(out, "evaluate context", found.figures, hashes, seed, more)
        say(f"Wrote {out}.")
    if json:
        print_figures("evaluate context", found.figures, hashes, seed, more)
        return
    print(found.split)
    for figure in found.figures:
        at = figure["at"]
        what = at.get("signal") or at.get("model") or at.get("against") or ""
        between = f"{figure['low']:>9.4f} to {figure['high']:.4f}" if "low" in figure else ""
        print(f"{figure['name']:<22}{what:<18}{figure['value']:>9.4f}{between}")
    for warning in found.warnings:
        say(f"Warning: {warning}")


def _found(data: Path, day_events: int, seed: int) -> tuple[ContextFound, dict[str, str]]:
    """Read what lies there and evaluate it by the protocol that suits it."""
    from pasand.adapters.interaction_files import read_data
    from pasand.adapters.trivago import is_trivago
    from pasand.adapters.trivago_lists import read_trivago_lists
    from pasand.evaluation.displayed import DisplayedData
    from pasand.evaluation.splits import Rules
    from pasand.flows.evaluating_context import evaluate_day, evaluate_lists, evaluate_rows

    read = read_data(data)
    hashes = dict(read.hashes)
    if is_trivago(data):
        lists = DisplayedData(read_trivago_lists(data), read.name, hashes)
        return evaluate_lists(lists, seed), hashes
    if read.interactions.timed:
        rules = Rules(day_event_count_min=day_events, seed=seed)
        return evaluate_day(read, rules, seed, bar("ranking")), hashes
    return evaluate_rows(read, seed, bar("ranking")), hashes
