"""Goal: after a kill no model is trained twice on the same input, and another input trains anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pasand.adapters.training_folder import TrainingFolder
from pasand.domain.catalog import Catalog
from pasand.domain.interactions import Interactions
from pasand.flows.training import Lesson, Part, train_all
from pasand.settings import LearnSettings

DATA = Interactions(
    np.array([0, 1, 0], np.int32),
    np.array([0, 1, 1], np.int32),
    np.array([1, 2, 3], np.int64),
    np.ones(3, np.float32),
    ("m0", "m1"),
    ("i0", "i1"),
)


class Killed(Exception):
    """Stands for a kill: nothing after it runs."""


class School:
    """Two trainers, the second of which is killed until it is let be."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.trained: list[str] = []
        self.kill = True

    def first(self, lesson: Lesson) -> dict[str, Any]:
        self.trained.append("first")
        return {"first.sum": lesson.interactions.at_ms.cumsum()}

    def second(self, lesson: Lesson) -> dict[str, Any]:
        self.trained.append("second")
        assert lesson.folder is not None
        state = lesson.folder / "state"
        state.write_text(state.read_text() + "x" if state.exists() else "x")
        if self.kill:
            raise Killed
        return {"second.tries": np.array([len(state.read_text())])}

    def run(self, part: Part, settings: LearnSettings | None = None) -> dict[str, Any]:
        self.trained.clear()
        training = TrainingFolder(self.home)
        trainers = {"first": self.first, "second": self.second}
        try:
            return train_all(
                trainers, part, Catalog(()), settings or LearnSettings(), tell, training
            )
        finally:
            training.release()


def tell(what: str, done: int, total: int) -> None:
    """Nobody listens."""


@pytest.fixture
def school(tmp_path: Path) -> School:
    school = School(tmp_path)
    with pytest.raises(Killed):
        school.run(Part("all", DATA))
    return school


def test_a_run_goes_on_where_it_was_killed(school: School) -> None:
    with pytest.raises(Killed):
        school.run(Part("all", DATA))
    assert school.trained == ["second"]
    school.kill = False
    made = school.run(Part("all", DATA))
    assert school.trained == ["second"] and made["first"]["first.sum"].tolist() == [1, 3, 6]
    # Its own folder was kept for it over both kills.
    assert made["second"]["second.tries"].tolist() == [3]
    school.run(Part("all", DATA))
    assert school.trained == []


OTHERS: Mapping[str, Part] = {
    "another event": Part("all", replace(DATA, at_ms=DATA.at_ms + 1)),
    "another item": Part("all", replace(DATA, item_ids=("i0", "i2"))),
    "another part": Part("rehearsal", DATA),
    "a feature": Part("all", replace(DATA, feature={"action": np.ones(3, np.int16)})),
    "a warm start": Part("all", DATA, previous={"first.sum": np.ones(3)}),
}


@pytest.mark.parametrize("what", OTHERS)
def test_another_input_is_trained_on_anew(school: School, what: str) -> None:
    school.kill = False
    school.run(OTHERS[what])
    assert school.trained == ["first", "second"]


def test_other_settings_train_anew(school: School) -> None:
    school.kill = False
    school.run(Part("all", DATA), LearnSettings(seed=2))
    assert school.trained == ["first", "second"]
