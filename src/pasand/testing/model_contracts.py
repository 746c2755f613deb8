"""What every ModelStore must keep; see ``contracts.py``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from pasand.errors import SnapshotDamaged
from pasand.model_ports import ModelStore

__all__ = ["ModelStoreContract"]


class ModelStoreContract(ABC):
    """Immutable snapshots of arrays and lists of text, oldest first, and the gate's verdicts."""

    @abstractmethod
    def make(self) -> ModelStore:
        """Return an empty store."""

    def arrays(self) -> dict[str, Any]:
        """Return one array of each shape and type that models use."""
        return {
            "item_ids": ["i1", "ü", ""],
            "ease.weights": np.arange(6, dtype=np.float32).reshape(2, 3) / 7,
            "covisit.neighbour": np.array([[1, -1], [0, 2]], np.int32),
            "empty": np.zeros((0, 4), np.float64),
        }

    def test_what_was_saved_is_loaded(self) -> None:
        store = self.make()
        assert list(store.list()) == []
        snapshot_id = store.save(self.arrays(), {"log_offset": 12, "seed": 3})
        arrays, about = store.load(snapshot_id)
        assert about["log_offset"] == 12 and about["seed"] == 3
        assert store.about(snapshot_id) == about
        assert store.byte_count(snapshot_id) >= 6 * 4 + 4 * 4
        assert arrays.keys() == self.arrays().keys()
        for name, saved in self.arrays().items():
            if isinstance(saved, list):
                assert list(arrays[name]) == saved
            else:
                assert arrays[name].dtype == saved.dtype
                assert np.array_equal(arrays[name], saved)
        assert list(store.list()) == [snapshot_id]

    def test_an_unknown_snapshot_is_damaged(self) -> None:
        store = self.make()
        assert store.verdict("nowhere") is None
        assert damaged(lambda: store.load("nowhere")) and damaged(lambda: store.about("nowhere"))

    def test_the_last_verdict_holds(self) -> None:
        store = self.make()
        snapshot_id = store.save(self.arrays(), {})
        assert store.verdict(snapshot_id) is None
        store.put_verdict(snapshot_id, {"passed": False, "reasons": ["ü is missing"]})
        store.put_verdict(snapshot_id, {"passed": True, "reasons": []})
        assert store.verdict(snapshot_id) == {"passed": True, "reasons": []}
        assert store.load(snapshot_id)[1] == {} and list(store.list()) == [snapshot_id]

    def test_what_was_removed_is_gone_but_not_for_who_has_it(self) -> None:
        store = self.make()
        kept = store.save(self.arrays(), {"number": 1})
        gone = store.save(self.arrays(), {"number": 2})
        store.put_verdict(gone, {"passed": True})
        loaded, _ = store.load(gone)
        store.remove(gone)
        store.remove(gone)
        store.sweep()
        assert list(store.list()) == [kept] and damaged(lambda: store.load(gone))
        assert store.verdict(gone) is None
        assert np.array_equal(loaded["ease.weights"], self.arrays()["ease.weights"])
        store.load(kept)


def damaged(act: Callable[[], object]) -> bool:
    """Return whether the act finds a snapshot damaged."""
    try:
        act()
    except SnapshotDamaged:
        return True
    return False
