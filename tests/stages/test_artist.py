"""Goal: the probability logged for a picture is the probability with which it is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from pasand.domain.catalog import Catalog
from pasand.domain.counters import Counters
from pasand.domain.page import Page, Row
from pasand.stages.artists.best_so_far import BestSoFarArtist, Config, choose
from pasand.stages.models import Models
from pasand.testing import samples

#: Items with 0 to 6 pictures.
CATALOG = Catalog([samples.items(7, pictures=count)[count] for count in range(7)])
ROUNDS = 20_000


@pytest.mark.parametrize("explore", (0.0, 0.1, 0.5, 1.0))
def test_propensities_are_the_frequencies_and_sum_to_one(explore: float) -> None:
    counts = (0, 1, 2, 3, 4)
    opened = np.arange(4) < np.array(counts)[:, None]
    rate = np.zeros((5, 4))
    rate[opened] = [0.1, 0.1, 0.3, 0.2, 0.2, 0.1, 0.5, 0.4, 0.9, 0.1]
    rng = np.random.default_rng(7)
    seen = [np.zeros(max(count, 1)) for count in counts]
    said = [np.full(max(count, 1), np.nan) for count in counts]
    for _ in range(ROUNDS):
        artwork, propensity = choose(opened, rate, explore, rng)
        assert artwork[0] == -1 and propensity[0] == 1.0
        for cell in range(1, 5):
            picked = artwork[cell]
            seen[cell][picked] += 1
            before = said[cell][picked]
            assert np.isnan(before) or before == propensity[cell]
            said[cell][picked] = propensity[cell]
    for cell in range(1, 5):
        share = np.nan_to_num(said[cell])
        if not np.isnan(said[cell]).any() or explore == 0.0:
            assert share.sum() == pytest.approx(1.0)
        # Five standard deviations of a frequency: a wrong formula is off by far more.
        off = np.abs(seen[cell] / ROUNDS - share)
        assert (off <= 5 * np.sqrt(np.maximum(share * (1 - share), 1e-9) / ROUNDS)).all()


def page() -> Page:
    rows = [
        Row(
            row_id=name,
            kind="genre",
            title=name,
            position=np.array(at, np.int32),
            score=np.ones(len(at), np.float32),
        )
        for name, at in (("one", [6, 0, 3]), ("two", [5, 1, 2, 4]))
    ]
    return Page(rows=tuple(rows))


def test_every_cell_gets_a_picture_of_its_own_item() -> None:
    artist = BestSoFarArtist(Config(explore=1.0), Models())
    for seed in range(50):
        drawn = artist(samples.query(CATALOG, seed=seed), page())
        for row in drawn.rows:
            assert row.artwork is not None and row.artwork_propensity is not None
            for at, artwork in zip(row.position.tolist(), row.artwork.tolist(), strict=True):
                assert (artwork == -1) if at == 0 else (0 <= artwork < at)
            assert ((row.artwork_propensity > 0) & (row.artwork_propensity <= 1)).all()


def test_the_picture_that_earned_most_plays_is_mostly_shown() -> None:
    counters = Counters()
    seen = [samples.event(f"{n}", "impression", artwork_id=f"i6.a{n % 6}") for n in range(600)]
    counters.add(seen)
    counters.add([samples.event(f"p{n}", "play_start", artwork_id="i6.a4") for n in range(60)])
    artist = BestSoFarArtist(Config(explore=0.1), Models())
    drawn = [artist(samples.query(CATALOG, counters, seed=seed), page()) for seed in range(200)]
    first = np.array([one.rows[0].artwork[0] for one in drawn if one.rows[0].artwork is not None])
    assert 0.8 < (first == 4).mean() < 1.0


def test_an_empty_page_stays_empty() -> None:
    nothing = Page(rows=())
    assert BestSoFarArtist(Config(), Models())(samples.query(CATALOG), nothing) is nothing
