"""Goal: in a large catalogue the items that suit a member best are found without weighing all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pasand.domain.catalog import Catalog, Ragged
from pasand.domain.profile import Profile
from pasand.domain.weights import STREAMING
from pasand.stages.models import Models
from pasand.stages.scoring import taste_reach
from pasand.stages.scoring.taste_reach import affinity_of, reached
from pasand.stages.sources.taste import Config, TasteSource, affinity
from pasand.testing import samples

words = st.lists(st.sampled_from("abcdef"), unique=True, max_size=4).map(tuple)
shares = st.dictionaries(st.sampled_from("abcdx"), st.sampled_from((-1.0, -0.5, 0.5, 1.0)))


@given(st.lists(words, min_size=1, max_size=9), shares, st.integers(1, 12))
@settings(max_examples=100)
def test_what_is_reached_is_liked_and_weighed_as_ever(
    lists: list[tuple[str, ...]], wanted: dict[str, float], count: int
) -> None:
    facet = Ragged(lists)
    liked = {name for name, share in wanted.items() if share > 0}
    holders = [at for at, names in enumerate(lists) if liked.intersection(names)]
    entries = sum(name in liked for names in lists for name in names)
    assert reached([(facet, wanted)], len(lists), count) is None
    found = reached([(facet, wanted)], 0, count)
    assert found is not None
    assert set(found.tolist()) <= set(holders) and bool(holders) <= len(found) <= count
    assert found.tolist() == sorted(found.tolist())
    if count >= entries:
        assert found.tolist() == holders
    every = np.arange(len(lists), dtype=np.int32)
    if wanted and max(map(abs, wanted.values())) == 1.0:
        np.testing.assert_allclose(affinity_of(facet, wanted, every), affinity(facet, wanted))


def test_the_rarest_names_are_followed_first() -> None:
    facet = Ragged([("common", "rare")] + [("common",)] * 99)
    found = reached([(facet, {"common": 1.0, "rare": 0.1})], 50, 11)
    assert found is not None and found[0] == 0 and 10 <= len(found) <= 11


def test_the_source_proposes_within_reach_what_it_proposes_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    catalog = Catalog(samples.items(60))
    tastes = {"Drama": 900, "Crime": 400, "Space": -300}
    profile = Profile(member_id="m1", genres=tastes, weights=STREAMING.version)
    query = samples.query(catalog=catalog, profile=profile, row_count=2, column_count=3)
    source = TasteSource(Config(count=500), Models())
    whole = source(query)
    monkeypatch.setattr(taste_reach.reached, "__defaults__", (0, 1_000))
    some = source(query)
    assert some.position.tolist() == whole.position.tolist() and len(some) > 5
    np.testing.assert_allclose(some["taste"], whole["taste"])
