"""A whole training of the sequence model, from interactions to the arrays of a snapshot.

It starts from the vectors of an earlier model where there is one, goes on from a checkpoint where
a training was killed, and turns what it ends with into the space of the earlier model, so that
vectors kept elsewhere still mean what they did. PyTorch is imported here, inside, and only here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.errors import MissingExtra
from pasand.learning.alignment import align
from pasand.learning.sequence.settings import SequenceShape, SequenceTraining

if TYPE_CHECKING:
    from pasand.learning.sequence.fitting import Pass, Run

__all__ = ["Course", "Earlier", "can_train", "need_torch", "train_sequence"]

#: How many passes a training that starts from an earlier model takes, in shares of a full one.
WARM_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier model's arrays, and the ids its items have."""

    arrays: Mapping[str, Any]
    item_ids: Sequence[str]

    def rows(self, item_ids: Sequence[str]) -> NDArray[np.int64]:
        """Return where each of ``item_ids`` stands in the earlier model, -1 where it is new."""
        place = {item_id: at for at, item_id in enumerate(self.item_ids)}
        return np.fromiter((place.get(item_id, -1) for item_id in item_ids), np.int64)


@dataclass(frozen=True)
class Course:
    """What is trained on and how. ``content`` has a row for every item of ``interactions`` and
    of ``more_item_ids``, those nobody has taken yet. ``warm`` is a model to start from, ``kin``
    one whose space is kept. ``folder`` holds the checkpoint.
    """

    interactions: Interactions
    timer: Callable[[], float]
    content: NDArray[np.float32] | None = None
    more_item_ids: Sequence[str] = ()
    shape: SequenceShape = field(default_factory=SequenceShape)
    training: SequenceTraining = field(default_factory=SequenceTraining)
    warm: Earlier | None = None
    kin: Earlier | None = None
    folder: Path | None = None
    told: Callable[[Pass], None] | None = None

    @property
    def item_ids(self) -> list[str]:
        """Every item of the model, in the order of its rows."""
        return [*self.interactions.item_ids, *self.more_item_ids]


def can_train() -> bool:
    """Return whether PyTorch is installed (the extra ``deep``)."""
    return find_spec("torch") is not None


def need_torch() -> None:
    """Refuse where PyTorch is not installed.

    Raises:
        MissingExtra: it is not.
    """
    if not can_train():
        raise MissingExtra(
            "The sequence model is trained with PyTorch, which is not installed.",
            fix="Run: pip install 'pasand[deep]'",
        )


def train_sequence(course: Course) -> dict[str, Any]:
    """Return the arrays of a trained model, under "sequence."; see ``exporting.py``.

    Raises:
        MissingExtra: PyTorch is not installed.
    """
    need_torch()
    from pasand.learning.sequence.checkpoints import read_checkpoint, write_checkpoint
    from pasand.learning.sequence.exporting import arrays_of
    from pasand.learning.sequence.fitting import fit_sequence
    from pasand.learning.sequence.starting import start_from

    item_ids, training = course.item_ids, course.training
    data = replace(course.interactions, item_ids=tuple(item_ids))
    path = course.folder / "sequence.npz" if course.folder else None
    warm = course.warm if course.warm and _alike(course.warm.arrays, course.shape) else None
    if warm:
        training = replace(training, epoch_max=max(1, round(WARM_SHARE * training.epoch_max)))

    key = _key(data, course.shape, training)

    def begin(run: Run) -> None:
        if not (path and read_checkpoint(run, path, key)) and warm:
            start_from(run, warm.arrays, warm.rows(item_ids))

    def keep(run: Run) -> None:
        if path:
            write_checkpoint(run, path, key)

    fitted = fit_sequence(
        data,
        course.content,
        course.shape,
        training,
        timer=course.timer,
        resume=begin,
        keep=keep,
        told=course.told,
    )
    arrays = arrays_of(fitted.network, data.timed)
    if course.kin:
        arrays = turned(arrays, item_ids, course.kin)
    passes = [(one.epoch, one.cost, one.ndcg, one.second) for one in fitted.passes]
    arrays["sequence.passes"] = np.array(passes, np.float64).reshape(-1, 4)
    return arrays | {"sequence.item_ids": item_ids}


def turned(arrays: dict[str, Any], item_ids: Sequence[str], kin: Earlier) -> dict[str, Any]:
    """Return the same model in the space of an earlier one: turned, it gives the same scores.

    A root mean square does not change when a vector is turned, so turning what reads the state
    and what writes to it by one rotation leaves every score as it was. The gains of the norms are
    put into the weights behind them first.
    """
    rows = kin.rows(item_ids)
    known = np.flatnonzero(rows >= 0)
    before = kin.arrays.get("sequence.item")
    if before is None or before.shape[1] != arrays["sequence.item"].shape[1]:
        return arrays
    turn = align(arrays["sequence.item"], np.asarray(before), (known, rows[known]))
    made = dict(arrays)
    written = ("item", "of_content", "block.attended", "block.narrow")
    tables = [name for name in arrays if name.startswith(("sequence.done.", "sequence.request."))]
    for name in [*(f"sequence.{name}" for name in written), *tables]:
        made[name] = (arrays[name] @ turn).astype(np.float32)
    norm = arrays["sequence.block.norm"]
    for name, gain in (("attend", 0), ("widen", 2)):
        weight = norm[:, gain, :, None] * arrays[f"sequence.block.{name}"]
        made[f"sequence.block.{name}"] = (turn.T @ weight).astype(np.float32)
    made["sequence.block.norm"] = norm.copy()
    made["sequence.block.norm"][:, [0, 2]] = 1.0
    made["sequence.outcome"] = (turn.T @ arrays["sequence.outcome"] @ turn).astype(np.float32)
    for name in ("outcome_state", "outcome_item"):
        made[f"sequence.{name}"] = (arrays[f"sequence.{name}"] @ turn).astype(np.float32)
    return made


def _key(data: Interactions, shape: SequenceShape, training: SequenceTraining) -> str:
    """Return what stands for a training: the same key, the same steps."""
    digest = blake2b(repr((shape, training)).encode(), digest_size=16)
    for column in (data.member, data.item, data.at_ms, *data.feature.values()):
        digest.update(np.ascontiguousarray(column).tobytes())
    digest.update("\n".join(data.item_ids).encode())
    return digest.hexdigest()


def _alike(arrays: Mapping[str, Any], shape: SequenceShape) -> bool:
    size = arrays.get("sequence.size")
    wanted = [shape.width, shape.block_count, shape.head_count]
    return size is not None and list(size[:3]) == wanted
