"""The doors out through which models are run, kept, and trained over several runs.

As in ``ports.py``, each is what the engine needs of the world, and no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

__all__ = ["Checkpoints", "Inference", "ModelStore"]


class Inference(Protocol):
    """A trained model that is run: named arrays in, named arrays out, and nothing kept between."""

    def run(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the outputs of one run; which names there are, the adapter says."""
        ...


class ModelStore(Protocol):
    """Immutable snapshots of arrays: written once, checked against their manifest when read."""

    def save(self, arrays: Mapping[str, Any], about: Mapping[str, Any]) -> str:
        """Write a snapshot durably and return its id; it is not live yet."""
        ...

    def load(self, snapshot_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return arrays (memory-mapped) and the manifest's facts; SnapshotDamaged if unsound."""
        ...

    def about(self, snapshot_id: str) -> dict[str, Any]:
        """Return the manifest's facts alone; SnapshotDamaged if it is unsound or unknown."""
        ...

    def byte_count(self, snapshot_id: str) -> int:
        """Return how much room a snapshot takes."""
        ...

    def put_verdict(self, snapshot_id: str, verdict: Mapping[str, Any]) -> None:
        """Keep what the gate said of a snapshot, in place of what it said before."""
        ...

    def verdict(self, snapshot_id: str) -> dict[str, Any] | None:
        """Return what the gate said last of a snapshot, None where it said nothing."""
        ...

    def list(self) -> list[str]:
        """Return the ids of complete snapshots, oldest first."""
        ...

    def remove(self, snapshot_id: str) -> None:
        """Remove a snapshot; who has loaded it goes on with it."""
        ...

    def sweep(self) -> None:
        """Remove what killed processes left; only while no other process writes snapshots."""
        ...

    def folder(self, snapshot_id: str) -> Path:
        """Return where a snapshot lies."""
        ...


class Checkpoints(Protocol):
    """What one run of learning keeps, so that a run after a kill goes on where it stopped.

    ``part`` names what is trained on: all interactions, or those before the gate's targets.
    """

    def folder(self, part: str, trainer: str) -> Path:
        """Return a folder of a trainer's own, for the states it goes on from."""
        ...

    def finished(self, part: str, trainer: str, key: str) -> dict[str, Any] | None:
        """Return the arrays of a trainer that ended on the same input, None where none did."""
        ...

    def finish(self, part: str, trainer: str, key: str, arrays: Mapping[str, Any]) -> None:
        """Keep the arrays of a trainer that ended on the input that ``key`` stands for."""
        ...

    def clear(self) -> None:
        """Let everything go: the run is over."""
        ...
