"""Models in the ONNX format, run by ONNX Runtime on one core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pasand.errors import InvalidInput, MissingExtra

__all__ = ["OnnxModel"]


class OnnxModel:
    """An ``Inference``: inputs and outputs by the names that the file gives them.

    ``outputs`` are those wanted, all when left out.
    """

    def __init__(self, source: Path | bytes, outputs: Sequence[str] = (), threads: int = 1) -> None:
        try:
            import onnxruntime
        except ImportError:
            fix = "Install it: pip install 'pasand[vision]'."
            raise MissingExtra("This model needs ONNX Runtime.", fix=fix) from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        options.log_severity_level = 3
        model = source if isinstance(source, bytes) else str(source)
        try:
            self._session = onnxruntime.InferenceSession(
                model, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # The runtime's own errors have no kind in common.
            name = "the model" if isinstance(source, bytes) else source.name
            fix = "Fetch it again: pasand vision fetch."
            raise InvalidInput(f"{name} is no ONNX model: {error}", field="file", fix=fix) from None
        self.inputs = tuple(one.name for one in self._session.get_inputs())
        self.outputs = tuple(outputs) or tuple(one.name for one in self._session.get_outputs())

    def run(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the outputs of one run."""
        given = {name: array for name, array in inputs.items() if name in self.inputs}
        found = self._session.run(list(self.outputs), given)
        return dict(zip(self.outputs, found, strict=True))
