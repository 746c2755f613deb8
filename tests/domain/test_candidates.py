"""Goal: the table between stages keeps its promises: union, filter and columns lose nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pasand.domain.candidates import Candidates, union

positions = st.lists(st.integers(0, 30), unique=True).map(sorted)


def table(at: list[int], name: str) -> Candidates:
    position = np.array(at, np.int32)
    return Candidates(position, {name: (position + 1).astype(np.float32)})


@given(st.lists(positions, max_size=4))
def test_a_union_holds_every_item_once_with_every_column(parts: list[list[int]]) -> None:
    tables = [table(at, f"c{number}") for number, at in enumerate(parts)]
    found = union(tables)
    assert found.position.tolist() == sorted({place for at in parts for place in at})
    assert found.position.dtype == np.int32
    for number, at in enumerate(parts):
        wanted = [place + 1 if place in at else 0 for place in found.position.tolist()]
        assert found.column(f"c{number}").tolist() == wanted


@given(positions, st.data())
def test_a_mask_keeps_whole_rows(at: list[int], data: st.DataObject) -> None:
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(at), max_size=len(at))), bool)
    kept = table(at, "c").keep(mask)
    assert kept.position.tolist() == [place for place, stays in zip(at, mask, strict=True) if stays]
    assert kept["c"].tolist() == [place + 1 for place in kept.position.tolist()]


def test_a_column_is_set_once_and_has_the_tables_length() -> None:
    candidates = table([1, 4], "c").extend({"d": np.array([5, 6])})
    assert candidates["d"].tolist() == [5, 6] and "c" in candidates
    with pytest.raises(AssertionError, match="set twice"):
        candidates.extend({"c": np.zeros(2)})
    with pytest.raises(AssertionError, match="another length"):
        candidates.extend({"e": np.zeros(3)})
    with pytest.raises(AssertionError, match="two sources"):
        union([candidates, table([2], "c")])
    with pytest.raises(AssertionError):
        candidates.keep(np.array([0, 1]))


def test_a_column_nobody_set_is_constant() -> None:
    assert table([1, 4], "c").column("e", 2.0).tolist() == [2.0, 2.0]
    assert union([]).column("e").shape == (0,)
