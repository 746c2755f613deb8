"""Rehearsing: what is foretold, from what, and what a fusion gets to see of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from toys import ITEMS, rows, world

from pasand.evaluation.rehearsing import lessons_of, rehearsal_split
from pasand.evaluation.splits import Split
from pasand.flows.evaluating import rankers


def test_a_rehearsal_foretells_what_it_did_not_train_on() -> None:
    data = world().interactions
    split = rehearsal_split(data)
    assert split.training.at_ms.max() <= split.targets.at_ms.min()
    untimed = replace(data, timed=False)
    again = rehearsal_split(untimed)
    assert len(again.training) == len(data) - len(data.member_ids)
    # Counts of data without times are of everything: what is foretold must not be in them.
    total = again.live.before(np.zeros(1, np.int64)).sum()
    assert total == len(again.training)


def test_lessons_hold_what_was_taken_first_and_no_item_that_was_had() -> None:
    data = world().interactions
    split = rehearsal_split(data)
    names = ["popular-all", "covisit"]
    parts = dict(zip(names, rankers(split.training, split.live, names), strict=False))
    found = lessons_of(parts, split, np.random.default_rng(1))
    assert found.score.shape == (len(found), found.offset.shape[1], len(parts))
    assert (found.offset[:, 0] == 0.0).all()
    candidates = np.exp(found.offset).sum(axis=1)
    assert (candidates <= ITEMS - 1).all()
    assert len(lessons_of(parts, nothing_to_foretell(), np.random.default_rng(1))) == 0


def nothing_to_foretell() -> Split:
    data = rows([0, 0, 1, 1], [0, 1, 0, 1], [1, 2, 3, 4])
    data = replace(data, item_ids=tuple(f"i{at}" for at in range(ITEMS)))
    return rehearsal_split(data.where(np.arange(4) < 1))
