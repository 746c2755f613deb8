"""Goal: vectors of a new training can be compared with those of the one before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.learning.alignment import align, unit_rows

COUNT, WIDTH = 300, 16


def spaces(noise: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return old vectors, and the same ones turned, mirrored and blurred."""
    chance = np.random.default_rng(5)
    old = chance.normal(size=(COUNT, WIDTH))
    turn, _ = np.linalg.qr(chance.normal(size=(WIDTH, WIDTH)))
    return old, old @ turn + noise * chance.normal(size=old.shape)


def cosines(one: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.float64]:
    return (unit_rows(one) * unit_rows(other)).sum(1)


def test_turned_vectors_with_noise_come_back_to_where_they_were() -> None:
    old, new = spaces(noise=0.3)
    assert abs(np.median(cosines(new, old))) < 0.5
    # A third of the items is new, and the rows stand in another order.
    kept = np.random.default_rng(6).permutation(COUNT)[: 2 * COUNT // 3]
    shuffled = new[kept]
    rotation = align(shuffled, old, (np.arange(len(kept)), kept))
    assert np.median(cosines(shuffled @ rotation, old[kept])) >= 0.9
    # What was not common is brought along.
    rest = np.setdiff1d(np.arange(COUNT), kept)
    assert np.median(cosines(new[rest] @ rotation, old[rest])) >= 0.9


def test_no_ranking_changes() -> None:
    old, new = spaces(noise=0.3)
    rotation = align(new, old, (np.arange(COUNT), np.arange(COUNT)))
    assert np.allclose(rotation @ rotation.T, np.eye(WIDTH), atol=1e-6)
    turned = new @ rotation
    assert np.allclose(turned @ turned.T, new @ new.T, atol=1e-4)


def test_without_anything_in_common_nothing_turns() -> None:
    old, new = spaces(noise=0.0)
    nothing = np.empty(0, np.int64)
    rows = np.arange(COUNT)
    assert np.array_equal(align(new, old, (nothing, nothing)), np.eye(WIDTH))
    assert np.array_equal(align(new[:, :8], old, (rows, rows)), np.eye(8))
    assert np.isfinite(align(new * 0, old, (rows, rows))).all()
