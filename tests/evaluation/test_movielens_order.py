"""On real members the blend beats its parts, and both beat popularity."""

from __future__ import annotations

import gzip
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from pasand.domain.interactions import Interactions
from pasand.flows.evaluating import evaluate_time

RATINGS = Path(__file__).resolve().parents[2] / "../shared/data/ml-1m/ratings_reconstructed.csv.gz"


def read_some(member_share: int) -> Interactions:
    with gzip.open(RATINGS) as stream:
        rows = np.loadtxt(
            BytesIO(stream.read()), dtype=np.int64, delimiter=",", skiprows=1, usecols=(0, 1, 3)
        )
    rows = rows[rows[:, 0] % member_share == 0]
    rows = rows[np.argsort(rows[:, 2], kind="stable")]
    members, member = np.unique(rows[:, 0], return_inverse=True)
    items, item = np.unique(rows[:, 1], return_inverse=True)
    return Interactions(
        member.astype(np.int32),
        item.astype(np.int32),
        rows[:, 2] * 1_000,
        np.ones(len(rows), np.float32),
        tuple(str(m) for m in members),
        tuple(str(i) for i in items),
    )


@pytest.mark.skipif(not RATINGS.exists(), reason="MovieLens-1M is not in ../shared/data")
def test_blend_beats_its_parts_and_popularity() -> None:
    figures = evaluate_time(read_some(5), data="ml-1m", target_count_max_per_member=20)
    ndcg = {
        f["at"]["model"]: f["value"]
        for f in figures
        if f["name"] == "ndcg@10" and f["at"]["slice"] == "all"
    }
    assert ndcg["covisit+ease"] > max(ndcg["covisit"], ndcg["ease"])
    assert min(ndcg["covisit"], ndcg["ease"]) > max(ndcg["popular"], ndcg["popular-all"])
