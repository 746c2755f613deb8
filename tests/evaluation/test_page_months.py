"""Goal: months are lived through once, each from the home that the month before it left behind."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pasand.cli import learn, page_homes, page_world, simulate
from pasand.cli.page_world import Months, month_figures
from pasand.evaluation.simulated import SIMULATED

SUMS = ("visits", "failed", "plays", "found", "seen_before", "discoveries", "minutes", "there",
        "back")  # fmt: skip


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Note what is done instead of doing it; a home is a folder with the story of itself."""
    said: list[tuple[Any, ...]] = []

    def fill(home: Path, *_: Any) -> None:
        home.mkdir(parents=True, exist_ok=True)
        (home / "pasand.toml").write_text("")
        (home / "story").write_text("whole")

    def add(home: Path, chapter: str) -> None:
        (home / "story").write_text(f"{(home / 'story').read_text()}, {chapter}")

    def lived(home: Path, policy: str, weeks: int, members: int, seed: int, after: int) -> Any:
        quiet = "explore" in (home / "pasand.toml").read_text()
        add(home, f"{policy} {after}{' quiet' if quiet else ''}")
        said.append((policy, weeks, members, after, (home / "story").read_text()))
        grown = 2.0 if policy == "engine" else 1.0
        return SimpleNamespace(sums=dict.fromkeys(SUMS, (grown,) * members))

    monkeypatch.setattr(page_homes, "train_home", fill)
    monkeypatch.setattr(simulate, "simulated", lived)
    monkeypatch.setattr(learn, "learn", lambda home, **_: add(home, "learned"))
    return said


def months(folder: Path) -> Months:
    reading: Any = None
    return Months(folder, reading, 3, 1, 0)


def test_each_month_goes_on_from_the_one_before(
    done: list[tuple[Any, ...]], tmp_path: Path
) -> None:
    figures = month_figures(months(tmp_path))
    stories = {story: (policy, after) for policy, _, _, after, story in done}
    assert stories == {
        "whole, popular 0": ("popular", 0),
        "whole, engine 0": ("engine", 0),
        "whole, engine 0 quiet": ("engine", 0),
        "whole, engine 0, learned, engine 4": ("engine", 4),
        "whole, engine 0 quiet, learned, engine 4 quiet": ("engine", 4),
        "whole, engine 0, engine 4": ("engine", 4),
    }
    policies = {one["at"]["policy"] for one in figures if one["name"] in SIMULATED}
    assert len(policies) == 6 and "engine, month 2, not learned" in policies
    (beside,) = (
        one for one in figures
        if one["name"] == "minutes_per_member_ratio" and one["at"]["against"] == "popular"
    )  # fmt: skip
    assert beside["value"] == beside["low"] == pytest.approx(2.0)
    (gain,) = (one for one in figures if one["name"] == "ablation_gain")
    assert gain["value"] == pytest.approx(0.0) and gain["at"]["part"] == "exploration"
    assert gain["at"]["slice"] == "all"


def test_a_month_that_was_kept_is_not_lived_again(
    done: list[tuple[Any, ...]], tmp_path: Path
) -> None:
    first = month_figures(months(tmp_path))
    count = len(done)
    assert month_figures(months(tmp_path)) == first and len(done) == count
    assert page_world.WEEKS == 4
