"""The sequence model of the library: learns an order, knows new items, answers without PyTorch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from taken import START_S, lists, taken

from pasand import Recommender, SequenceRecommender
from pasand.errors import InvalidInput
from pasand.library.item_words import words_of

torch = pytest.importorskip("torch", reason="the extra deep is not installed")

SMALL = {"width": 16, "block_count": 1, "window": 20, "batch_size": 32, "epoch_max": 30}


def rings(member_count: int = 60, length: int = 8, ring: int = 12) -> dict[str, Any]:
    """Every member goes round one ring of items, from a place of their own."""
    steps = [(m, s) for s in range(length) for m in range(member_count)]
    return {
        "member_id": [m for m, _ in steps],
        "item_id": [(m + s) % ring for m, s in steps],
        "at": [START_S + 600 * n for n in range(len(steps))],
    }


@pytest.fixture(scope="module")
def model() -> Recommender:
    catalog = {
        "item_id": [*range(12), 99],
        "genres": ["a|b", "b"] * 6 + ["b"],
        "title": ["Long Road"] * 12 + ["Road"],
    }
    return SequenceRecommender(**SMALL, learning_rate=0.01).fit(rings(), items=catalog)


def test_what_comes_next_is_learned(model: Recommender) -> None:
    found = lists(model.recommend(k=1))
    pairs = zip(found["member_id"], found["item_id"], strict=True)
    right = [item == (member + 8) % 12 for member, item in pairs]
    assert sum(right) > 0.9 * len(right)


def test_fitting_twice_gives_the_same_frames() -> None:
    first, second = (
        SequenceRecommender(**SMALL | {"epoch_max": 2}).fit(taken()).recommend(k=5)
        for _ in range(2)
    )
    assert lists(first) == lists(second)
    other = SequenceRecommender(**SMALL | {"epoch_max": 2}, random_state=2).fit(taken())
    assert lists(other.recommend(k=5)) != lists(first)


def test_an_item_that_nobody_took_has_a_place(model: Recommender) -> None:
    found = lists(model.recommend([0], k=13, exclude_seen=False))
    assert 99 in found["item_id"]
    assert lists(model.similar_items([99], k=1))["similar_item_id"]


def test_words_of_items_by_kind() -> None:
    frame = {
        "movieId": [1, 2],
        "title": ["The Salt Road", None],
        "genres": ["Drama|War", ["Comedy"]],
        "year": [2021, 2004.0],
        "studio": ["Ashford", ""],
        "runtime": [90, 80],
    }
    first, second, missing = words_of(frame, ["1", "2", "3"])
    assert first == [
        ("text", "the"), ("text", "salt"), ("text", "road"), ("genre", "Drama"), ("genre", "War"),
        ("plain", "year 404"), ("plain", "year + 404"), ("plain", "studio Ashford"),
    ]  # fmt: skip
    assert second == [("genre", "Comedy"), ("plain", "year 400"), ("plain", "year + 401")]
    assert missing == []


def test_a_saved_model_answers_where_torch_is_not_installed(
    model: Recommender, tmp_path: Path
) -> None:
    model.save(tmp_path)
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from pasand import SequenceRecommender, errors\n"
        "model = SequenceRecommender.load(sys.argv[1])\n"
        "print(model.recommend([5], k=1)['item_id'].tolist())\n"
        "try: model.fit({'member_id': [1, 1], 'item_id': [1, 2], 'at': [1, 2]})\n"
        "except errors.MissingExtra as error: print(error.fix)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(tmp_path)], capture_output=True, text=True
    )
    assert done.stdout.splitlines() == ["[1]", "Run: pip install 'pasand[deep]'"], done.stderr


def test_heads_share_the_width() -> None:
    with pytest.raises(InvalidInput, match="3 heads cannot share"):
        SequenceRecommender(width=16, head_count=3).fit(taken())
