"""Every protocol runs on every data set: on the real ones where they lie, on small ones always."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from owners import SETS, write_set
from toys import Popular, trainer_of

from pasand.adapters.interaction_files import read_data
from pasand.errors import InvalidInput
from pasand.evaluation.data import EvaluationData
from pasand.evaluation.protocols import PROTOCOLS
from pasand.evaluation.running import run
from pasand.evaluation.splits import Rules
from pasand.evaluation.tables import slice_names, table, target_count

SHARED = Path(__file__).resolve().parents[2] / "../shared/data"
ROWS = 8_000
TIMED = {name for name in SETS if name not in ("amazon-beauty", "frappe")}


@cache
def some_of(name: str) -> EvaluationData:
    """Return a part of a shared set: every so many members, with all they did."""
    data = read_data(SHARED / name)
    every = max(1, len(data) // ROWS)
    part = data.where(data.interactions.member % every == 0)
    items, item = np.unique(part.interactions.item, return_inverse=True)
    names = tuple(data.interactions.item_ids[code] for code in items)
    kept = replace(part.interactions, item=item.astype(np.int32), item_ids=names)
    return replace(part, interactions=kept)


def check(data: EvaluationData, name: str, protocol: str, day_events: int) -> None:
    timed = name in TIMED
    rules = Rules(target_count_max=2, day_event_count_min=day_events)
    if not timed and protocol != "leave-one-out":
        with pytest.raises(InvalidInput) as caught:
            run(data, protocol, [], trainer_of(Popular.of), rules=rules)
        assert caught.value.field == "protocol"
        return
    found = run(data, protocol, [], trainer_of(Popular.of), rules=rules)
    # Where members come once, as to yoochoose, hardly any has events on both sides of a cut.
    shown = slice_names(found.figures)[0]
    assert shown in ("all", "cold")
    assert target_count(found.figures, shown) > 0
    (row,) = table(found.figures, shown)
    assert 0 <= row.value("ndcg@10") <= row.value("recall@200") <= 1
    assert {f["at"].get("request_time") for f in found.figures} - {None} == {
        "known" if timed else "none"
    }


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", SETS)
def test_every_protocol_runs_on_the_real_sets(name: str, protocol: str) -> None:
    if not (SHARED / name).is_dir():
        pytest.skip(f"{name} is not in ../shared/data")
    check(some_of(name), name, protocol, day_events=20)


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", SETS)
def test_every_protocol_runs_on_sets_in_their_owners_form(
    name: str, protocol: str, tmp_path: Path
) -> None:
    data = read_data(write_set(name, tmp_path))
    check(data, name, protocol, day_events=2)
