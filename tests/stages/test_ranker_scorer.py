"""Goal: the ranker's score is a sum that can be told; without a sound one the blend scores."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pasand.domain.candidates import Candidates
from pasand.domain.page import REASONS
from pasand.domain.profile import Profile, Recent
from pasand.domain.query import Query
from pasand.errors import InvalidSettings
from pasand.learning.ranker import prior_weights
from pasand.stages.models import Models
from pasand.stages.scorers.blend import BlendScorer
from pasand.stages.scorers.blend import Config as BlendConfig
from pasand.stages.scorers.ranker import Config, RankerScorer
from pasand.stages.scoring.objective import parsed
from pasand.stages.scoring.ranker_features import (
    ITEM_FEATURES,
    PARTS,
    REQUEST_FEATURES,
    item_features,
    request_features,
)
from pasand.testing import samples

COUNT = 30
SHAPE = (len(ITEM_FEATURES), len(REQUEST_FEATURES))


def arrays(**weights: float) -> dict[str, Any]:
    """Return a ranker that hears the named features alone; outcomes follow ``covisit``."""
    weight = np.zeros(SHAPE, np.float32)
    for name, value in weights.items():
        weight[ITEM_FEATURES.index(name), 0] = value
    outcome = np.zeros((4, sum(SHAPE)), np.float32)
    outcome[:, ITEM_FEATURES.index("covisit")] = (0.5, 0.5, -0.5, 1.0)
    return {
        "ranker.weight": weight,
        "ranker.outcome": outcome,
        "ranker.outcome_count": np.full(4, 1_000.0, np.float32),
        "ranker.item_feature": list(ITEM_FEATURES),
        "ranker.request_feature": list(REQUEST_FEATURES),
        "ranker.trained_on": ["replay"],
    }


def candidates(**more: Any) -> Candidates:
    rng = np.random.default_rng(3)
    names = ("covisit", "ease", "popular", "taste", "trending", "fresh", "taken_week")
    columns = {name: rng.random(COUNT).astype(np.float32) for name in names}
    columns["cause"] = np.ones(COUNT, np.int32)
    return Candidates(np.arange(COUNT, dtype=np.int32), {**columns, **more})


def query(**fields: Any) -> Query:
    return samples.query(samples.items(COUNT), **fields)


def scored(models: dict[str, Any], config: Config | None = None, **more: Any) -> dict[str, Any]:
    scorer = RankerScorer(config or Config(), Models("s", models))
    return dict(scorer(query(), candidates(**more)))


def test_the_parts_add_up_to_the_score_and_its_order_is_that_of_the_value() -> None:
    found = scored(arrays(covisit=1.0, ease=-0.5, taken_week=0.3, taken_month=9.0))
    parts = [column for name, column in found.items() if name.startswith("part.")]
    play = found["value"] / found["p_play"]
    assert found["score"] == pytest.approx(np.sum(parts, axis=0) + np.log(play), abs=1e-4)
    assert np.argsort(found["score"]).tolist() == np.argsort(found["value"]).tolist()
    assert (found["value"] > 0).all() and found["p_play"].sum() == pytest.approx(1.0, abs=1e-5)


def test_the_objective_decides_what_a_play_is_worth() -> None:
    plain = scored(arrays(ease=1.0), Config(objective="play"))
    liked = scored(arrays(ease=1.0), Config(objective="play + 3 * like - 0.5*dislike"))
    assert plain["value"] == pytest.approx(plain["p_play"])
    worth = liked["value"] / liked["p_play"]
    assert np.corrcoef(worth, liked["p_like"])[0, 1] > 0.99


@pytest.mark.parametrize("line", ("", "play +", "plays", "play 2", "play * 2", "+ + play", "1"))
def test_an_objective_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        Config(objective=line)
    assert refused.value.field == "stages.ranker.objective"


def test_an_objective_reads_as_it_is_written() -> None:
    assert parsed("play + 0.3 * finish - dislike+.5*hours") == {
        "play": 1.0, "finish": 0.3, "dislike": -1.0, "hours": 0.5,
    }  # fmt: skip


BROKEN = {
    "no ranker": {},
    "another shape": {**arrays(ease=1.0), "ranker.weight": np.zeros((3, 2), np.float32)},
    "no numbers": {**arrays(ease=1.0), "ranker.weight": np.full(SHAPE, np.nan, np.float32)},
    "no names": {**arrays(ease=1.0), "ranker.item_feature": None},
    "half of it": {"ranker.weight": np.zeros(SHAPE, np.float32)},
    "not an array": {**arrays(ease=1.0), "ranker.outcome": ["a"]},
}


@pytest.mark.parametrize("case", BROKEN)
def test_without_a_sound_ranker_the_blend_scores(case: str) -> None:
    found = scored(BROKEN[case])
    blend = BlendScorer(BlendConfig(), Models())(query(), candidates())
    assert found.keys() == blend.keys()
    assert found["score"].tolist() == blend["score"].tolist()


def test_features_go_by_their_names() -> None:
    whole = arrays(covisit=1.0, ease=0.5)
    order = list(reversed(range(len(ITEM_FEATURES))))
    items = [ITEM_FEATURES[at] for at in order]
    turned = {
        **whole,
        "ranker.item_feature": [*items, "of_another_day"],
        "ranker.weight": np.vstack([whole["ranker.weight"][order], np.full((1, SHAPE[1]), 7.0)]),
        "ranker.outcome": np.hstack([
            whole["ranker.outcome"][:, order],
            np.full((4, 1), 7.0),
            whole["ranker.outcome"][:, SHAPE[0] :],
        ]),
    }  # fmt: skip
    assert scored(turned)["score"] == pytest.approx(scored(whole)["score"], abs=1e-5)


def test_a_reason_is_what_spoke_most_for_the_item() -> None:
    found = scored(arrays(covisit=1.0, trending=0.5, fresh=-1.0))
    said = [REASONS[code] for code in found["reason"].tolist()]
    for at, reason in enumerate(said):
        assert reason in ("because", "trending")
        of = "covisit" if reason == "because" else "trending"
        assert found[f"part.{of}"][at] > 0
        assert found["cause_item"][at] == (0 if reason == "because" else -1)
    silent = scored(arrays(fresh=-1.0))
    assert {REASONS[code] for code in silent["reason"].tolist()} == {"untried"}


def test_what_is_near_a_dislike_falls() -> None:
    near = np.zeros(COUNT, np.float32)
    near[5] = 1.0
    plain, after = scored(arrays(ease=1.0)), scored(arrays(ease=1.0), near_disliked=near)
    assert after["score"][5] == pytest.approx(plain["score"][5] - Config().disliked, abs=0.01)
    rest = np.arange(COUNT) != 5
    assert after["score"][rest] == pytest.approx(plain["score"][rest])
    assert after["part.disliked"][5] < 0


def test_every_feature_belongs_to_one_part_and_the_prior_knows_them() -> None:
    assert len(set(ITEM_FEATURES)) == len(ITEM_FEATURES) == sum(map(len, PARTS.values()))
    assert prior_weights().shape == SHAPE


def test_features_are_finite_and_standardised_over_the_candidates() -> None:
    table = item_features(candidates())
    assert table.shape == (COUNT, SHAPE[0]) and np.isfinite(table).all()
    ease = table[:, ITEM_FEATURES.index("ease")]
    assert ease.mean() == pytest.approx(0.0, abs=1e-5) and ease.std() == pytest.approx(1.0)
    none = candidates().keep(np.zeros(COUNT, bool))
    assert item_features(none).shape == (0, SHAPE[0])


def test_one_event_of_a_quiet_hour_does_not_tower() -> None:
    one = np.zeros(COUNT, np.float32)
    one[3] = 1.0
    many = 100.0 * np.arange(COUNT, dtype=np.float32)
    quiet = item_features(candidates(taken_hour=one, taken_week=one))
    busy = item_features(candidates(taken_hour=many, taken_week=many))
    for name, most in (("taken_hour", 2.0), ("taken_week_peak", 1.0)):
        column = ITEM_FEATURES.index(name)
        assert 0.5 * most < quiet[3, column] <= most
        assert busy[:, column].std() == pytest.approx(1.0, abs=1e-5)


def test_the_request_is_told_in_numbers() -> None:
    def told(**fields: Any) -> dict[str, float]:
        found = request_features(query(**fields)).tolist()
        return dict(zip(REQUEST_FEATURES, found, strict=True))

    at_s = samples.NOW_MS // 1000
    fresh = Profile(member_id="m1", recent=(Recent("i1", 0, at_s - 60, 0),))
    old = Profile(member_id="m1", recent=(Recent("i1", 4, at_s - 90_000, 40),))
    assert told(profile=fresh)["away"] == 0.0 and told(profile=old)["away"] == 1.0
    assert told()["away"] == 1.0, "who did nothing yet begins a visit"
    assert told(profile=old)["rating_mean"] == pytest.approx(0.8)
    assert told(device="tv")["on_tv"] == 1.0 and told(device="tv")["on_phone"] == 0.0
    evening = told(at_ms=samples.NOW_MS - samples.NOW_MS % samples.DAY_MS + 20 * 3_600_000)
    assert (evening["evening"], evening["night"], evening["morning"]) == (1.0, 0.0, 0.0)
