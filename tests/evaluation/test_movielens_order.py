"""On real members the blend beats its parts, and both beat popularity."""

from __future__ import annotations

from pathlib import Path

import pytest

from pasand.adapters.interaction_files import read_data
from pasand.evaluation.splits import Rules
from pasand.evaluation.tables import table
from pasand.flows.evaluating import evaluate

FOLDER = Path(__file__).resolve().parents[2] / "../shared/data/ml-1m"


@pytest.mark.skipif(not FOLDER.is_dir(), reason="MovieLens-1M is not in ../shared/data")
def test_blend_beats_its_parts_and_popularity() -> None:
    whole = read_data(FOLDER)
    data = whole.where(whole.interactions.member % 5 == 0)
    found = evaluate(data, "time", ("covisit", "ease"), rules=Rules(target_count_max=20))
    ndcg = {row.model: row.value("ndcg@10") for row in table(found.figures, "all")}
    assert ndcg["covisit+ease"] > max(ndcg["covisit"], ndcg["ease"])
    assert min(ndcg["covisit"], ndcg["ease"]) > max(ndcg["popular"], ndcg["popular-all"])
