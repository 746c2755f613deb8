"""Goal: the attention that counts is the snapshot's, else the package's, for pages of any size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pasand.domain.events import DEVICES
from pasand.stages.arranging.attention import attention_of, extended, shipped_table, table_hash
from pasand.stages.arranging.shipped_attention import COLUMNS, HASH, ROWS
from pasand.stages.models import Models
from pasand.world.behaviour import attention_table


def test_the_shipped_tables_are_those_that_were_learned() -> None:
    assert table_hash(ROWS, COLUMNS) == HASH


@pytest.mark.parametrize("device", sorted(ROWS))
def test_the_shipped_tables_are_near_the_worlds_truth(device: str) -> None:
    truth = attention_table(device, 6, 6)
    assert np.abs(shipped_table(device)[:6, :6] - truth / truth[0, 0]).mean() <= 0.03


@given(st.sampled_from(DEVICES), st.integers(1, 60), st.integers(1, 60))
def test_attention_falls_over_a_page_of_any_size(device: str, rows: int, columns: int) -> None:
    table = attention_of(Models(), device, rows, columns)
    assert table.shape == (rows, columns) and table[0, 0] == 1 and (table > 0).all()
    assert (np.diff(table, axis=0) < 0).all() and (np.diff(table, axis=1) < 0).all()


def test_a_snapshots_own_table_comes_first() -> None:
    own = np.array([[2.0, 1.0], [1.0, 0.5]], np.float32)
    table = attention_of(Models("", {"attention.tv": own}), "tv", 3, 3)
    assert table[:2, :2].tolist() == [[1.0, 0.5], [0.5, 0.25]]
    assert table[2].tolist() == pytest.approx([0.25, 0.125, 0.0625])
    assert (attention_of(Models("", {"attention.tv": own}), "phone", 3, 3) != table).any()


def test_a_table_of_one_cell_goes_on_as_it_is() -> None:
    assert extended(np.ones((1, 1)), 2, 3).tolist() == [[1.0] * 3] * 2
