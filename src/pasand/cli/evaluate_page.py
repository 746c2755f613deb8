"""``pasand evaluate page``: what whole pages were worth to members, at moments of the past."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pasand.cli.options import JsonOption, bar, one_thread_each, print_figures, say

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pasand.cli.page_parts import Setting, Task

    Floats = NDArray[np.float64]

__all__ = ["page"]

Data = Annotated[
    list[str] | None,
    typer.Option(help="A MovieLens or Globo folder, or world; again for more. [default: world]"),
]
Targets = Annotated[
    int, typer.Option(min=0, help="About how many targets, of members drawn; 0 for all.")
]
Removal = Annotated[
    bool, typer.Option(help="Make the pages again without each part and signal in turn.")
]
Members = Annotated[
    int, typer.Option(min=0, help="How many of the world's members live through two months.")
]
Work = Annotated[
    Path | None, typer.Option(help="A folder that keeps models and parts, to go on from.")
]
Seconds = Annotated[int, typer.Option(min=0, help="What the sequence model may take to train.")]
Processes = Annotated[int, typer.Option(min=1, help="How many processes make pages.")]

#: What each slice's figures are printed of.
_SHOWN = ("all", "visit")


def page(
    data: Data = None,
    targets: Targets = 0,
    removal: Removal = True,
    members: Members = 500,
    work: Work = None,
    sequence_seconds: Seconds = 900,
    processes: Processes = 1,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 1,
    json: JsonOption = False,
    out: Annotated[Path | None, typer.Option(help="Write the JSON of --json here too.")] = None,
) -> None:
    """Make the product's pages for past moments and say what members would have found on them.

    Example: pasand evaluate page --data ~/Downloads/ml-1m --targets 500
    """
    one_thread_each()
    from pasand.cli.page_parts import Task, setting_of
    from pasand.cli.page_promises import tried
    from pasand.cli.page_world import Months, attention_figures, month_figures

    figures: list[dict[str, Any]] = []
    hashes: dict[str, str] = {}
    notes: list[str] = []
    with tempfile.TemporaryDirectory(prefix="pasand-") as own:
        for each in data or ("world",):
            folder = (work or Path(own)) / Path(each).resolve().name
            folder.mkdir(parents=True, exist_ok=True)
            task = Task(each, folder, targets, removal, seed, sequence_seconds)
            read = setting_of(task).reading.data
            figures += _figures(setting_of(task), _measured(task, processes))
            if setting_of(task).reading.titled:
                figures += tried(folder / "home", read.name, seed)
            if each == "world" and members:
                reading = setting_of(task).reading
                months = Months(folder, reading, members, seed, sequence_seconds)
                figures += month_figures(months) + attention_figures(months)
            hashes |= {f"{read.name}/{name}": digest for name, digest in read.hashes.items()}
            notes += [f"{read.name}: {note}" for note in read.notes]
    more = {"notes": notes, "date": date.today().isoformat()}
    if out is not None:
        from pasand.cli.options import write_figures

        write_figures(out, "evaluate page", figures, hashes, seed, more)
        say(f"Wrote {out}.")
    if json:
        print_figures("evaluate page", figures, hashes, seed, more)
    else:
        _print(figures)


def _measured(task: Task, processes: int) -> dict[str, Floats]:
    """Return the metrics of all targets by policy, and their numbers."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    import numpy as np

    from pasand.cli.page_parts import make_part, parts

    todo, found = parts(task), []
    show = bar("Pages")
    if processes == 1:
        for part in todo:
            found.append(make_part(part))
            show(len(found), len(todo))
    else:
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            for made in pool.map(make_part, todo):
                found.append(made)
                show(len(found), len(todo))
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]}


def _figures(setting: Setting, values: dict[str, Floats]) -> list[dict[str, Any]]:
    import numpy as np

    from pasand.cli.page_parts import ARRANGERS
    from pasand.evaluation.page_comparing import (
        PageTable,
        gains,
        policy_figures,
        promise_figures,
        ratio_figures,
    )
    from pasand.evaluation.slices import slices
    from pasand.flows.evaluating_pages import PAGE, plain_lists

    split, task = setting.split, setting.task
    number = values.pop("number").astype(np.int64)
    promises = {name: values.pop(name)[:, 0].astype(np.float64) for name in setting.promises}
    masks = {
        name: mask[number]
        for name, mask in slices(split).items()
        if name in (*_SHOWN, "cold") and mask[number].any()
    }
    at = {
        "data": setting.reading.data.name,
        "protocol": setting.reading.protocol,
        "split": split.rule,
        "seed": task.seed,
        "snapshot": setting.opened.models.snapshot_id,
        "attention": setting.attention_hash,
        "plan": setting.variants[PAGE].plan.version,
    }
    place = {one.number: one for one in setting.asked}
    lists = plain_lists(split, [place[each] for each in number.tolist()], task.seed)
    table = PageTable(values, split.targets.member[number], masks, at, task.seed)
    policies = {PAGE: PAGE, **{name: name for name in ARRANGERS}}
    signals = {
        name: f"without {name}"
        for name in setting.reading.signals
        if f"without {name}" in setting.variants
    }
    # What was rated was watched, well liked or not: stars tell what will be liked.
    rating = {"rating": signals.pop("rating")} if "rating" in signals else {}
    parts = {
        name.removeprefix("without "): name
        for name in setting.variants
        if name not in (PAGE, *signals.values(), *rating.values())
    }
    parts["arranger"] = "template"
    return [
        *policy_figures(table, policies, PAGE),
        *ratio_figures(table, PAGE, lists, "covisit+ease"),
        *promise_figures(table, promises),
        *gains(table, "ablation_gain", "part", parts, PAGE, "attention_hits"),
        *gains(table, "signal_gain", "signal", signals, PAGE, "attention_hits"),
        *gains(table, "signal_gain", "signal", rating, PAGE, "liked_attention"),
    ]


def _print(figures: list[dict[str, Any]]) -> None:
    """Print the figures of the slices that matter, one a line."""
    for one in figures:
        at: Mapping[str, Any] = one["at"]
        if at.get("slice", "all") not in _SHOWN or one["value"] is None:
            continue
        what = (at.get(name, "") for name in ("policy", "against", "part", "signal"))
        between = f"{one['low']:.4f} to {one['high']:.4f}" if "low" in one else ""
        told = ", ".join(filter(None, what))
        print(
            f"{at.get('slice', ''):<6}{one['name']:<36}{told:<36}{one['value']:>10.4f}  {between}"
        )
