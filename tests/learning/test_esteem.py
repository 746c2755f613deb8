"""Goal: esteem counts members once, by their last word, and only those who took the item; the row
of hidden gems holds what few took and most of those liked.
"""

from __future__ import annotations

import numpy as np
import pytest

from pasand.domain.interactions import Interactions
from pasand.learning.esteem import train_esteem
from pasand.stages.rows.gems import Config, gems


def taken(*pairs: tuple[str, str]) -> Interactions:
    members = tuple(dict.fromkeys(member for member, _ in pairs))
    items = tuple(dict.fromkeys(item for _, item in pairs))
    return Interactions(
        np.array([members.index(member) for member, _ in pairs], np.int32),
        np.array([items.index(item) for _, item in pairs], np.int32),
        np.arange(len(pairs), dtype=np.int64),
        np.ones(len(pairs), np.float32),
        members,
        items,
    )


def test_members_are_counted_once_and_by_their_last_word() -> None:
    interactions = taken(("a", "x"), ("a", "x"), ("b", "x"), ("c", "x"), ("a", "y"))
    opinions = [
        ("a", "x", True), ("a", "x", True), ("b", "x", True), ("b", "x", False),
        ("c", "x", False), ("c", "x", True), ("b", "y", True), ("z", "x", True), ("a", "q", True),
    ]  # fmt: skip
    model = train_esteem(interactions, opinions)
    assert model.takers.tolist() == [3, 1]
    assert model.liked.tolist() == [2, 0]


def test_nothing_taken_is_nothing_esteemed() -> None:
    model = train_esteem(taken(), [("a", "x", True)])
    assert model.takers.tolist() == model.liked.tolist() == []
    assert gems(model.takers, model.liked, Config()).tolist() == []


@pytest.mark.parametrize("seed", range(5))
def test_a_gem_is_seldom_taken_and_mostly_liked(seed: int) -> None:
    rng = np.random.default_rng(seed)
    takers = rng.integers(0, 200, 300)
    liked = rng.binomial(takers, rng.random(300))
    config = Config()
    found = gems(takers, liked, config)
    assert len(found)
    assert (takers[found] >= config.takers_min).all()
    assert (2 * liked[found] > takers[found]).all()
    enough = takers[takers >= config.takers_min]
    assert takers[found].max() <= np.median(enough)
