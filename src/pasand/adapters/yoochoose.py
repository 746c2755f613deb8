"""YooChoose clicks, sessions of anonymous visitors to a shop (RecSys Challenge 2015).

Two forms: the time-ordered sample ``train.txt`` and ``test.txt``, tab-separated with a header,
whose own split is kept; and the owner's ``yoochoose-clicks.dat``. A session is all that is known
of a visitor: sessions are the members. Those of the two sample files bear the same numbers, so
a member's id is twice the number, and one more in the test file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pasand.adapters.set_columns import of_rows, read_columns
from pasand.domain.interaction_features import action_code
from pasand.evaluation.data import EvaluationData

__all__ = ["is_yoochoose", "read_yoochoose", "yoochoose_files"]

_SAMPLE = ("train.txt", "test.txt")
_WHOLE = "yoochoose-clicks.dat"
_TYPES = {"SessionId": "BIGINT", "ItemId": "BIGINT", "Time": "DOUBLE"}
_SAMPLE_FORM = {"header": True, "delim": "\t", "columns": _TYPES}
_WHOLE_TYPES = {"session": "BIGINT", "time": "TIMESTAMP", "item": "BIGINT", "category": "VARCHAR"}
_WHOLE_FORM = {"header": False, "delim": ",", "columns": _WHOLE_TYPES}


def yoochoose_files(folder: Path) -> list[Path]:
    """Return the files of a folder that hold its clicks, none where none do."""
    sample = [folder / name for name in _SAMPLE]
    if all(path.is_file() for path in sample):
        with sample[0].open("rb") as file:
            if file.readline().split() == [name.encode() for name in _TYPES]:
                return sample
    return [folder / _WHOLE] if (folder / _WHOLE).is_file() else []


def is_yoochoose(path: Path) -> bool:
    """Say whether a folder holds YooChoose clicks."""
    return bool(yoochoose_files(path))


def read_yoochoose(path: Path) -> EvaluationData:
    """Return the clicks of a folder."""
    files = yoochoose_files(path)
    if len(files) == 1:
        columns = {"session": "session", "item": "item", "at_ms": "epoch_ms(time)"}
        rows = read_columns(files[0], columns, form=_WHOLE_FORM)
        session, item, at_ms = rows["session"], rows["item"], rows["at_ms"]
        held_out = None
    else:
        columns = {"session": "SessionId", "item": "ItemId", "at_ms": "round(Time * 1000)::BIGINT"}
        parts = [read_columns(file, columns, form=_SAMPLE_FORM) for file in files]
        session, item, at_ms = (
            np.concatenate([part[name] for part in parts]) for name in ("session", "item", "at_ms")
        )
        held_out = np.repeat([False, True], [len(part["item"]) for part in parts])
    code = session if held_out is None else session * 2 + held_out
    return of_rows(
        code,
        item,
        at_ms,
        {"action": np.full(len(item), action_code("view"))},
        session=np.unique(code, return_inverse=True)[1].astype(np.int32),
        held_out=held_out,
        exact=np.ones(len(item), bool),
    )
