"""An image-text model (SigLIP 2, MobileCLIP) exported to ONNX: two networks and a tokenizer.

The picture's network takes planes from 0 to 1 less ``mean`` over ``deviation``; the text's takes
rows of numbers. Of each, the first output with one row a picture or text is the vector, in the
order of preference of ``VECTORS``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.adapters.vision_onnx import OnnxModel
from pasand.adapters.vision_pictures import resized
from pasand.adapters.vision_tokens import Tokens
from pasand.errors import InvalidInput
from pasand.picture_ports import Picture

__all__ = ["OnnxWordMatcher", "Reads"]

VECTORS = ("image_embeds", "text_embeds", "pooler_output")


@dataclass(frozen=True, slots=True)
class Reads:
    """What an export expects: ``kind`` sigmoid (each text by itself) or softmax (the texts beside
    each other) with its ``scale`` and ``bias``; the picture's side; the text's length.
    """

    kind: str = "sigmoid"
    side: int = 224
    mean: float = 0.5
    deviation: float = 0.5
    length: int = 64
    scale: float = 112.67
    bias: float = -16.77


class OnnxWordMatcher:
    """A ``WordMatcher`` over a folder with vision_model, text_model and tokenizer."""

    def __init__(self, files: Mapping[str, Path], reads: Reads, name: str) -> None:
        self.name, self.reads = name, reads
        self._vision = OnnxModel(files["vision_model.onnx"])
        self._text = OnnxModel(files["text_model.onnx"])
        self._tokens = Tokens(files["tokenizer.json"], reads.length)

    def picture_vector(self, picture: Picture) -> NDArray[np.float32]:
        """Return the picture's vector, of unit length."""
        reads = self.reads
        square = resized(picture, reads.side, reads.side).astype(np.float32) / 255
        planes = ((square - reads.mean) / reads.deviation).transpose(2, 0, 1)[None]
        (vector,) = self._vector(self._vision, {"pixel_values": np.ascontiguousarray(planes)})
        return np.asarray(vector, np.float32)

    def text_vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a vector of unit length for each text."""
        rows = self._tokens.rows(texts)
        # One text a run: some exports fix the number, and texts are few.
        found = [
            self._vector(
                self._text, {"input_ids": row[None], "attention_mask": np.ones_like(row[None])}
            )
            for row in rows
        ]
        return np.concatenate(found)

    def likelihoods(
        self, picture: NDArray[np.float32], texts: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Return how well each text fits, from 0 to 1."""
        logits = self.reads.scale * (texts @ picture) + self.reads.bias
        if self.reads.kind == "sigmoid":
            found: NDArray[np.float32] = 1 / (1 + np.exp(-np.clip(logits, -60, 60)))
            return found
        raised = np.exp(logits - logits.max())
        share: NDArray[np.float32] = raised / raised.sum()
        return share

    def _vector(self, model: OnnxModel, inputs: Mapping[str, Any]) -> NDArray[np.float32]:
        outputs = model.run(inputs)
        flat = {name: np.asarray(array) for name, array in outputs.items() if array.ndim == 2}
        name = next((name for name in (*VECTORS, *flat) if name in flat), None)
        if name is None:
            raise InvalidInput("The model gives no vector of its input.", field="file")
        vector = flat[name].astype(np.float32)
        length = np.linalg.norm(vector, axis=1, keepdims=True)
        unit: NDArray[np.float32] = vector / np.maximum(length, 1e-9)
        return unit
