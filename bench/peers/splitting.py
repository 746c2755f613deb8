"""Splits cut by Pasand's evaluation code, written down for models that cannot import it.

Plain NumPy files, for the peers' environment holds another NumPy than Pasand needs and no more
than that is wanted of a cache. The folder's name ends in a hash of what it holds, so that a model
is trained again when the split changes and not when only the code that cuts it does.
"""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.evaluation.data import EvaluationData
from pasand.evaluation.protocols import split_by
from pasand.evaluation.splits import Split, first_takes

__all__ = ["exported", "validation_places"]

#: Where nobody repeats an item this is the sequence model's own draw, so that curves compare.
VALIDATION_COUNT = 2_000
SEED = 1


def exported(data: EvaluationData, protocol: str, cache: Path) -> tuple[Split, Path]:
    """Return the split and the folder it is written in; writes only what is not there yet."""
    split = split_by(protocol, data)
    arrays, facts = arrays_of(split), facts_of(split)
    folder = cache / "splits" / f"{data.name}-{protocol}-{digest(arrays, facts)[:12]}"
    if not folder.exists():
        draft = folder.with_suffix(".part")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        for name, array in arrays.items():
            np.save(draft / f"{name}.npy", array)
        (draft / "facts.json").write_text(json.dumps(facts, indent=1), "utf-8")
        draft.replace(folder)
    return split, folder


def digest(arrays: dict[str, NDArray[Any]], facts: dict[str, Any]) -> str:
    """Return a hash of all that a model is handed."""
    found = sha256(json.dumps(facts, sort_keys=True).encode())
    for name, array in arrays.items():
        found.update(f"{name} {array.dtype} {array.shape}".encode() + array.tobytes())
    return found.hexdigest()


def arrays_of(split: Split) -> dict[str, NDArray[Any]]:
    """Return the arrays of ``task.Task``."""
    training, targets = split.training, split.targets
    order = np.argsort(training.member, kind="stable")
    member = training.member[order]
    first, place = validation_places(member, training.item[order])
    validates = np.zeros(len(member), bool)
    validates[last_of_each(member)] = True
    return {
        "train_member": member,
        "train_item": training.item[order],
        "train_at_ms": training.at_ms[order],
        "train_validates": validates,
        "sequence_item": targets.item_sequence,
        "sequence_at_ms": targets.at_ms_sequence,
        "target_first": targets.first,
        "target_place": targets.place,
        "validation_first": first,
        "validation_place": place,
    }


def facts_of(split: Split) -> dict[str, Any]:
    """Return what the arrays do not tell."""
    return {
        "item_count": len(split.training.item_ids),
        "timed": split.timed,
        "training_events": len(split.training),
        "targets": len(split.targets),
    }


def last_of_each(member: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the last row of each member who has more than two; rows are member by member."""
    _, first, count = np.unique(member, return_index=True, return_counts=True)
    return np.asarray((first + count - 1)[count > 2])


def validation_places(
    member: NDArray[np.int32], item: NDArray[np.int32], count_max: int = VALIDATION_COUNT
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return, for a draw of members, where their events begin and where the last of them is.

    A last event that repeats an item is left out, as it is no target of a protocol either.
    """
    last = last_of_each(member)
    last = last[first_takes(member, item)[last]]
    if len(last) > count_max:
        rng = np.random.default_rng(SEED)
        last = np.sort(rng.choice(last, count_max, replace=False))
    return np.searchsorted(member, member[last]), last
