"""Goal: items in clusters are all there, and the best of them are found by looking into a few."""

from __future__ import annotations

import numpy as np
import pytest

from pasand.flows import learning
from pasand.flows.learning import in_clusters
from pasand.learning.clusters import clustered
from pasand.stages.scoring.clusters import best_clusters, scores_within


def vectors(count: int, groups: int = 12, width: int = 8) -> np.ndarray:
    draw = np.random.default_rng(3)
    heart = draw.normal(size=(groups, width))
    found = heart[draw.integers(0, groups, count)] + 0.2 * draw.normal(size=(count, width))
    return found.astype(np.float32)


@pytest.mark.parametrize(("count", "size"), ((1, 10), (30, 7), (3_000, 100)))
def test_every_vector_is_in_one_cluster_and_each_in_one_piece(count: int, size: int) -> None:
    vector = vectors(count)
    order, start, centre = clustered(vector, 1, size)
    assert sorted(order.tolist()) == list(range(count))
    assert start[0] == 0 and start[-1] == count and (np.diff(start) >= 0).all()
    assert len(centre) == len(start) - 1 == max(1, count // size)
    for one in np.flatnonzero(np.diff(start)):
        inside = vector[order[start[one] : start[one + 1]]]
        np.testing.assert_allclose(centre[one], inside.mean(axis=0), rtol=1e-4, atol=1e-5)
    again = clustered(vector, 1, size)
    assert all(np.array_equal(a, b) for a, b in zip((order, start, centre), again, strict=True))


def test_looking_into_all_clusters_is_an_exact_search() -> None:
    vector = vectors(500)
    order, start, centre = clustered(vector, 1, 50)
    query = vector[7]
    clusters = best_clusters(centre, start, query, 500)
    place, score = scores_within(vector[order], start, clusters, query)
    assert place.tolist() == list(range(500))
    np.testing.assert_allclose(score, vector[order] @ query, rtol=1e-5)


def test_a_fifth_of_the_clusters_holds_most_of_the_best() -> None:
    vector = vectors(3_000)
    order, start, centre = clustered(vector, 1, 50)
    shares = []
    for query in vector[:50]:
        clusters = best_clusters(centre, start, query, 600)
        place, score = scores_within(vector[order], start, clusters, query)
        assert 600 <= len(place) <= 600 + np.diff(start).max()
        best = set(np.argsort(-(vector @ query))[:50].tolist())
        shares.append(len(best & set(order[place[np.argsort(-score)[:50]]].tolist())) / 50)
    assert np.mean(shares) > 0.9


def test_few_items_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    item, factor = np.arange(200, dtype=np.int32) * 3, vectors(200)
    assert in_clusters(item, factor, 1) == {}
    monkeypatch.setattr(learning, "CLUSTERED_COUNT_MIN", 100)
    arrays = in_clusters(item, factor, 1)
    assert arrays["ials.start"][-1] == 200
    for code, vector in zip(arrays["ials.item"], arrays["ials.factor"], strict=True):
        assert np.array_equal(factor[code // 3], vector)
