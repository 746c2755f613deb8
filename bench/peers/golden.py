"""Write ``tests/evaluation/golden/expected.json``: our metrics' values by an independent library.

``bench/peers/.venv/bin/python bench/peers/golden.py``. RecTools computes everything that the input
asks for; LensKit computes what it has too, and where the two differ nothing is written.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import lenskit.metrics as lenskit
import numpy as np
import pandas as pd
from lenskit.data import ItemList
from lenskit.metrics.ranking import LogRankWeight
from rectools import Columns
from rectools.metrics import MRR, NDCG, CatalogCoverage, HitRate, MeanInvUserFreq, Recall

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "evaluation" / "golden"
SLACK = 1e-12


def main() -> int:
    """Compute and compare; return the exit code."""
    given = json.loads((FOLDER / "input.json").read_text("utf-8"))
    score = np.asarray(given["score"])
    assert all(len(np.unique(row)) == len(row) for row in score), "ties have no one true order"
    lists = np.argsort(-score, axis=1)
    values = {name: by_rectools(name, lists, given) for name in given["wanted"]}
    for name, value in values.items():
        second = by_lenskit(name, lists, given["target"])
        if second is not None and abs(second - value) > SLACK:
            print(f"{name}: RecTools says {value!r}, LensKit {second!r}", file=sys.stderr)
            return 1
    expected = {
        "source": f"RecTools {version('rectools')}; HR, NDCG, MRR and Recall agree with "
        f"LensKit {version('lenskit')}",
        "values": values,
    }
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n", "utf-8")
    return 0


def by_rectools(name: str, lists: np.ndarray, given: dict[str, Any]) -> float:
    """Return a metric of whole lists, all of them one after another in one table."""
    kind, _, depth = name.partition("@")
    count, length = lists.shape
    k = int(depth) if depth else length
    reco = pd.DataFrame(
        {
            Columns.User: np.repeat(np.arange(count), length),
            Columns.Item: lists.ravel(),
            Columns.Rank: np.tile(np.arange(1, length + 1), count),
        }
    )
    truth = pd.DataFrame({Columns.User: np.arange(count), Columns.Item: given["target"]})
    if kind == "coverage":
        return float(CatalogCoverage(k=k, normalize=True).calc(reco, np.arange(length)))
    if kind == "novelty":
        return float(MeanInvUserFreq(k=k).calc(reco, taken_before(given)))
    metric = {
        "hr": HitRate(k=k),
        "recall": Recall(k=k),
        "mrr": MRR(k=k),
        "ndcg": NDCG(k=k, divide_by_achievable=True),
    }[kind]
    return float(metric.calc(reco, truth))


def taken_before(given: dict[str, Any]) -> pd.DataFrame:
    """Return interactions in which each item has as many members as the input says."""
    pairs = [(m, i) for i, count in enumerate(given["taken_by"]) for m in range(count)]
    frame = pd.DataFrame(pairs, columns=[Columns.User, Columns.Item])
    seen = frame[Columns.User].nunique()
    if seen < given["member_count"]:
        # The rest took something that stands in no list, for the library counts who took anything.
        rest = range(seen, given["member_count"])
        other = pd.DataFrame({Columns.User: rest, Columns.Item: len(given["taken_by"])})
        frame = pd.concat([frame, other])
    return frame


def by_lenskit(name: str, lists: np.ndarray, target: list[int]) -> float | None:
    """Return the mean over lists, None for what LensKit measures otherwise or not at all."""
    kind, _, depth = name.partition("@")
    makers = {
        "hr": lenskit.Hit,
        "recall": lenskit.Recall,
        "mrr": lenskit.RecipRank,
        # Its default is the first paper's discount, alike for ranks 1 and 2; we use log2(1 + rank).
        "ndcg": partial(lenskit.NDCG, weight=LogRankWeight(offset=1)),
    }
    if kind not in makers:
        return None
    metric = makers[kind](int(depth)) if depth else makers[kind]()
    found = [
        metric.measure_list(ItemList(item_ids=row, ordered=True), ItemList(item_ids=[wanted]))
        for row, wanted in zip(lists, target, strict=True)
    ]
    return float(np.mean(found))


if __name__ == "__main__":
    sys.exit(main())
