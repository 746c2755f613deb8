"""Goal: attention is found from what is taken of shuffled pages, and thin data change little."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pasand.learning.attention import Take, learn_attention, plain_table


def takes(table: NDArray[np.float64], count: int, seed: int = 1) -> list[Take]:
    """Return what is taken from pages whose bands miss the first row now and then."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        rows = (0, 1, 2, 3, 4, 5) if number % 3 else (1, 3, 4, 5, 6, 7)
        weight = table[list(rows), :6].ravel()
        at = int(rng.choice(len(weight), p=weight / weight.sum()))
        made.append(Take(rows[at // 6], at % 6, rows, 6))
    return made


def curve(per_row: float, per_column: float) -> NDArray[np.float64]:
    down, across = np.arange(12)[:, None], np.arange(12)[None, :]
    return np.asarray(np.exp(-per_row * down - per_column * across))


@pytest.mark.parametrize(("per_row", "per_column"), ((0.5, 0.3), (0.2, 0.6)))
def test_many_takes_show_the_table_they_were_drawn_from(per_row: float, per_column: float) -> None:
    truth = curve(per_row, per_column)
    learned = learn_attention(takes(truth, 3000), plain_table())
    assert np.abs(learned - truth)[:6, :6].mean() <= 0.03
    assert learned[0, 0] == 1.0


def test_few_takes_leave_the_table_that_counted_before() -> None:
    before = curve(0.45, 0.35)
    assert learn_attention([], before) == pytest.approx(before)
    few = learn_attention(takes(curve(0.1, 0.9), 5), before)
    assert np.abs(few - before).max() < 0.15


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 5)), max_size=40))
@settings(max_examples=60)
def test_attention_never_rises_downwards_or_onwards(cells: list[tuple[int, int]]) -> None:
    rows = tuple(range(8))
    table = learn_attention([Take(r, c, rows, 6) for r, c in cells], plain_table())
    assert np.isfinite(table).all() and (table > 0).all()
    assert (np.diff(table, axis=0) <= 0).all() and (np.diff(table, axis=1) <= 0).all()
