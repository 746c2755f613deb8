"""Embeddings of a home's artworks: a byte a dimension, one file a picture."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pasand.adapters.durable_files import write_bytes
from pasand.domain.picture_facts import Vector

__all__ = ["VectorFolder"]


class VectorFolder:
    """Files below a home's ``vision/vectors``, named by artwork and model."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def put(self, artwork_id: str, vector: Vector) -> str:
        """Keep a vector and return its file, below the home."""
        name = hashlib.sha256(f"{vector.model}\x1f{artwork_id}".encode()).hexdigest()[:24]
        file = f"vision/vectors/{name}.i8"
        path = self._home / file
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, vector.values)
        return file

    def get(self, vector: Vector) -> Vector:
        """Return the vector with its numbers."""
        return Vector(vector.model, (self._home / vector.file).read_bytes(), vector.file)
