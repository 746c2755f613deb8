"""``pasand evaluate``: how well each model ranks what members took next, on data of your own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pasand.cli.options import JsonOption, bar, print_figures

__all__ = ["evaluate"]

SHOWN = ("ndcg@10", "hr@10", "recall@50", "coverage@50")
SLICES = ("all", "visit", "new-item", "cold")


def evaluate(
    data: Annotated[Path, typer.Option(help="A MovieLens folder, or a table of events.")],
    protocol: Annotated[str, typer.Option(help="How to split: time.")] = "time",
    models: Annotated[str, typer.Option(help="Models, with commas.")] = "popular,covisit,ease",
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 1,
    json: JsonOption = False,
) -> None:
    """Compare models on held-out events: full ranking, nothing sampled.

    Example: pasand evaluate --data ~/Downloads/ml-1m --models popular,covisit,ease
    """
    from pasand.adapters.interaction_files import read_data
    from pasand.errors import InvalidInput
    from pasand.flows.evaluating import evaluate_time

    if protocol != "time":
        raise InvalidInput(f"There is no protocol {protocol}.", field="protocol", fix="Use time.")
    interactions, hashes = read_data(data)
    name = data.resolve().name
    wanted = [model.strip() for model in models.split(",") if model.strip()]
    show = bar(f"Ranking {name}")
    figures = evaluate_time(
        interactions,
        wanted,
        data=name,
        seed=seed,
        progress=lambda model, done, total: show(done, total),
    )
    if json:
        print_figures("evaluate", [{"peer": None, **f} for f in figures], hashes, seed)
    else:
        _table(figures, name, hashes)


def _table(figures: list[dict[str, Any]], name: str, hashes: dict[str, str]) -> None:
    print(f"{name}  " + "  ".join(f"{file} {digest[:12]}" for file, digest in hashes.items()))
    for slice_name in SLICES:
        rows: dict[str, dict[str, float]] = {}
        for row in figures:
            if row["at"].get("slice") == slice_name and row["name"] in SHOWN:
                rows.setdefault(row["at"]["model"], {})[row["name"]] = row["value"]
        if not rows:
            continue
        print(f"\nslice {slice_name:<14}" + "".join(f"{metric:>13}" for metric in SHOWN))
        for model, values in rows.items():
            cells = "".join(f"{values.get(metric, float('nan')):>13.4f}" for metric in SHOWN)
            print(f"{model:<20}{cells}")
