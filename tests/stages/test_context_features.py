"""Goal: each feature says what its name says, of the member, the item and the moment."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pasand.bootstrap import build_plan, read_plan
from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Artwork, Catalog
from pasand.domain.counters import Counters
from pasand.domain.profile import Profile, Recent
from pasand.domain.query import Query
from pasand.pipeline import Trace, hydrate
from pasand.stages.models import Models, Vocabulary
from pasand.testing import samples

DAY_MS = samples.DAY_MS
NIGHT_MS = samples.NOW_MS - samples.NOW_MS % DAY_MS + 22 * 3_600_000
AT_S = NIGHT_MS // 1000
CATALOG = Catalog((
    samples.item("short", genres=("Comedy",), runtime_minutes=30.0, year=1994, price=5.0,
                 language="hi", maturity=6, artworks=(Artwork(artwork_id="a1"),)),
    samples.item("long", genres=("Drama",), runtime_minutes=180.0, year=1955, price=50.0,
                 language="fr", maturity=16, stock=2, released_ms=NIGHT_MS - DAY_MS,
                 artworks=(Artwork(artwork_id="a2"), Artwork(artwork_id="a3"))),
    samples.item("old", genres=("Comedy", "Drama"), runtime_minutes=90.0, year=1993,
                 language="hi", available_until_ms=NIGHT_MS + DAY_MS),
    samples.item("new", genres=("Horror",)),
))  # fmt: skip


def told(profile: Profile | None = None, models: Models | None = None, **fields: Any) -> Any:
    """Return every column of the home page's hydrators, by item where asked ("name", "item")."""
    plan = build_plan(read_plan("homepage"), models or Models(), {})
    profile = profile or Profile(member_id="m1")
    query: Query = samples.query(CATALOG, profile=profile, **{"at_ms": NIGHT_MS, **fields})
    trace = Trace(lambda: 0.0)
    table = Candidates(np.arange(len(CATALOG), dtype=np.int32))
    found = hydrate(query, table, plan.hydrators, trace)
    assert not trace.failed
    return lambda name, item: float(found[name][CATALOG.find(item)])


def played(*names: str, **fields: Any) -> Profile:
    recent = tuple(Recent(name, 0, AT_S - 600 + at, 0) for at, name in enumerate(names))
    return Profile(member_id="m1", recent=recent, **fields)


def test_popularity_knows_the_speed_the_place_the_device_and_the_hour() -> None:
    counters = Counters()
    counters.count("short", NIGHT_MS - DAY_MS, 4.0, "IN", "phone", "UTC", begins=True)
    counters.count("long", NIGHT_MS - DAY_MS // 2, 1.0, "FR", "tv", "UTC")
    at = told(counters=counters, country="IN", device="tv")
    assert at("taken_day", "short") == pytest.approx(2.0)
    assert at("taken_year", "short") == pytest.approx(4.0, abs=0.02)
    assert at("taken_hour", "short") < 1e-5
    assert at("taken_country", "short") > 0 == at("taken_country", "long")
    assert at("taken_device", "long") > 0 == at("taken_device", "short")
    assert at("taken_first", "short") > 0 == at("taken_first", "long")
    assert at("taken_daypart", "short") > 0 == at("taken_daypart", "long"), "by night and by noon"
    assert at("taken_week", "new") == 0.0


def test_affinities_follow_tastes_and_what_was_taken_last() -> None:
    at = told(played("short", genres={"Comedy": 2**40, "Horror": -(2**39)}))
    assert at("genre_affinity", "short") > at("genre_affinity", "old") > 0
    assert at("genre_affinity", "new") < 0
    assert at("era_affinity", "old") > at("era_affinity", "long") == 0.0
    assert at("language_affinity", "old") == 1.0 and at("language_affinity", "long") == 0.0
    assert at("length_affinity", "short") > at("length_affinity", "long")


def test_opinions_are_beside_the_members_own_mean_and_the_crowds() -> None:
    recent = (Recent("short", 4, AT_S, 50), Recent("long", 4, AT_S, 20))
    crowd = {"opinion.like": np.array([0.7], np.float32)}
    models = Models("s", crowd, Vocabulary(("new",)))
    at = told(Profile(member_id="m1", recent=recent), models)
    assert at("own_rating", "short") == 5.0 and at("own_rating", "new") == 0.0
    assert at("genre_rating", "short") > 0 > at("genre_rating", "long")
    assert at("genre_rating", "old") == pytest.approx(0.0), "half of each"
    assert at("crowd_like", "new") == pytest.approx(0.7) and at("crowd_like", "old") == 0.0


def test_an_offer_is_measured_by_what_is_usual_for_the_member() -> None:
    at = told(played("short", sittings=(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 60)))
    assert at("length_gap", "short") == pytest.approx(np.log(30 / 60))
    assert at("length_gap", "long") == pytest.approx(np.log(180 / 60))
    assert at("length_gap", "new") == 0.0, "its length is not known"
    assert at("leaving", "old") > 0.9 and at("leaving", "long") == 0.0
    assert at("new_days", "long") == pytest.approx(np.log(2.0)) and at("new_days", "new") == 0.0
    assert at("low_stock", "long") == 1.0 and at("low_stock", "short") == 0.0
    assert at("maturity_gap", "long") == 10.0
    assert at("price_gap", "long") > 0 == at("price_gap", "short")


def test_looking_counts_for_the_item_and_its_kin() -> None:
    looked = Profile(member_id="m1", dwell={"short": 300}, tired_pictures={"a1": 4, "a2": 9})
    at = told(looked)
    assert at("dwell", "short") == pytest.approx(np.log(31.0)) and at("dwell", "old") == 0.0
    assert at("genre_dwell", "old") > 0 > at("genre_dwell", "new")
    assert at("picture_fatigue", "short") == 4.0
    assert at("picture_fatigue", "long") == 0.0, "it has another picture"


def test_who_did_nothing_has_no_features_of_their_own() -> None:
    at = told()
    for name in ("genre_affinity", "era_affinity", "own_rating", "dwell", "near_disliked",
                 "length_gap", "price_gap", "fatigue"):  # fmt: skip
        values: NDArray[Any] = np.array([at(name, item) for item in CATALOG.item_ids])
        assert not values.any(), name
