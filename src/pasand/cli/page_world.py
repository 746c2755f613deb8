"""Months of the built-in world's members on the engine's own pages, to evaluate them."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pasand.cli.options import say

if TYPE_CHECKING:
    from pasand.cli.page_homes import Reading

__all__ = ["Months", "attention_figures", "month_figures"]

WEEKS = 4
#: What is set where nothing on a page is drawn.
_NO_EXPLORATION = """
[stages.best-so-far]
explore = 0.0
[stages.stagewise]
swap_share = 0.0
explore_share = 0.0
"""


@dataclass(frozen=True, slots=True)
class Months:
    """How the months go: where they are kept, for how many members, under which seed."""

    folder: Path
    reading: Reading
    member_count: int
    seed: int
    sequence_seconds: int


def month_figures(months: Months) -> list[dict[str, Any]]:
    """Return what members did in a month with the engine and with popularity, and in the month
    after that: once the engine has learned from its own pages, where it has not, and where nothing
    on its pages had been drawn.
    """
    from pasand.evaluation.simulated import simulated_figures, simulated_ratio

    found = []
    sums = {name: _lived(months, name) for name in ("popular", "engine", "drawn-nothing")}
    sums |= {f"{name}, month 2": _lived(months, name, 1) for name in ("engine", "drawn-nothing")}
    sums["engine, month 2, not learned"] = _lived(months, "engine", 1, learn=False)
    at = {"data": "world", "weeks": WEEKS, "members": months.member_count, "seed": months.seed}
    for policy, each in sums.items():
        found += simulated_figures(each, WEEKS, {**at, "policy": policy}, months.seed)
    for policy, other in (
        ("engine", "popular"),
        ("engine, month 2", "engine"),
        ("engine, month 2", "engine, month 2, not learned"),
        ("engine, month 2", "drawn-nothing, month 2"),
    ):
        for name in ("minutes_per_member", "failed_session_share", "returns_share"):
            where = {**at, "policy": policy, "against": other}
            one = simulated_ratio(sums[policy], sums[other], name, WEEKS, where, months.seed)
            found.append(one)
            if other.startswith("drawn-nothing") and name == "minutes_per_member":
                found.append(_gain(one))
    return found


def attention_figures(months: Months) -> list[dict[str, Any]]:
    """Return how far attention learned from shuffled pages is from the world's truth."""
    from pasand.cli.world_attention import attention_in_world
    from pasand.evaluation.page_comparing import figure

    path = months.folder / f"attention-{months.seed}.json"
    if not path.exists():
        learned = attention_in_world(_full(months), seed=months.seed)
        errors = {one.device: [one.error, one.take_count] for one in learned}
        path.write_text(json.dumps(errors), "utf-8")
    return [
        figure(
            "attention_error",
            error,
            {"data": "world", "device": device, "takes": count, "seed": months.seed},
            better="lower",
        )
        for device, (error, count) in json.loads(path.read_text("utf-8")).items()
    ]


def _gain(ratio: dict[str, Any]) -> dict[str, Any]:
    """Return by how large a share minutes are more with exploration than without it."""
    at = {**ratio["at"], "slice": "all", "part": "exploration", "metric": "minutes_per_member"}
    gain = {**ratio, "name": "ablation_gain", "at": at}
    return gain | {name: ratio[name] - 1.0 for name in ("value", "low", "high") if name in ratio}


def _lived(
    months: Months, policy: str, month: int = 0, *, learn: bool = True
) -> dict[str, list[float]]:
    """Return what each member did in a month, lived through now or taken from where it was kept."""
    from pasand.cli.simulate import simulated

    name = f"{policy}-{month}{'' if learn or not month else '-not-learned'}"
    kept = months.folder / f"months-{months.member_count}-{months.seed}"
    path, home = kept / f"{name}.json", kept / name
    if path.exists():
        known: dict[str, list[float]] = json.loads(path.read_text("utf-8"))
        return known
    shutil.rmtree(home, ignore_errors=True)
    before = kept / f"{policy}-{month - 1}" if month else _full(months)
    shutil.copytree(before, home)
    if policy == "drawn-nothing" and not month:
        with (home / "pasand.toml").open("a", encoding="utf-8") as settings:
            settings.write(_NO_EXPLORATION)
    if month and learn:
        from pasand.cli.learn import learn as learn_now

        learn_now(home, full=True, json=False)
    say(f"Living through {name} ...")
    plan = "popular" if policy == "popular" else "engine"
    result = simulated(home, plan, WEEKS, months.member_count, months.seed, month * WEEKS)
    sums = {each: list(values) for each, values in result.sums.items()}
    path.write_text(json.dumps(sums), "utf-8")
    return sums


def _full(months: Months) -> Path:
    """Return a home that holds the whole of the world's past and has learned from it."""
    from pasand.cli.page_homes import WORLD_NOTE, train_home

    home = months.folder / "whole"
    train_home(home, months.reading, None, months.sequence_seconds, WORLD_NOTE)
    return home
