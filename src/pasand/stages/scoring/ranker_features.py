"""What the ranker knows: one list of features for training and serving.

A feature of an item is a column that a source or a hydrator set, prepared: counts by their square
root, and what has a scale of its own standardised over the candidates. A feature of the request
(its hour, its device, how the visit went) cannot change an order by itself; it moves the weights
of all item features instead (``ranker.py``), so every pair of the two is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.events import DEVICES
from pasand.domain.labels import begins_visit
from pasand.domain.query import Query
from pasand.stages.scoring.blend import standardise

__all__ = ["ITEM_FEATURES", "PARTS", "REQUEST_FEATURES", "item_features", "request_features"]

#: Item features by the part of a score they make up, and how each is prepared from the column of
#: its name: "count" and "root" by their square root, standardised; "scaled" and "peak":
#: standardised; "plain": as it is; "log" of 1 more; "flag": whether it is above 0. A ``_peak`` is
#: the column before it, standardised raw: a root makes all counts equally sure, and loses how far
#: the first ones tower. What a reason may follow from ("new", "trending") has a part of its own.
PARTS: Mapping[str, Mapping[str, str]] = MappingProxyType({
    "covisit": {"covisit": "root", "covisit_peak": "scaled"},
    "ease": {"ease": "scaled"}, "ials": {"ials": "scaled"}, "sequence": {"sequence": "scaled"},
    "popular": {
        "taken_hour": "count", "taken_day": "count", "taken_week": "count",
        "taken_week_peak": "peak", "taken_month": "count", "taken_month_peak": "peak",
        "taken_year": "count", "taken_first": "count", "taken_first_peak": "peak",
        "taken_country": "count", "taken_device": "count", "taken_daypart": "count",
    },
    "trending": {"trending": "plain"}, "fresh": {"fresh": "plain"},
    "taste": {
        "taste": "plain", "genre_affinity": "scaled", "tag_affinity": "scaled",
        "person_affinity": "scaled", "genre_rating": "scaled",
    },
    "kind": {"era_affinity": "scaled", "length_affinity": "scaled", "language_affinity": "scaled"},
    "context": {
        "context": "plain", "suits_season": "plain", "suits_weekend": "plain",
        "suits_country": "plain", "suits_calendar": "plain", "length_gap": "plain",
        "length_misfit": "plain",
    },
    "opinion": {"crowd_like": "scaled", "crowd_dislike": "scaled"},
    "disliked": {"near_low_rated": "plain"},
    "searched": {"searched": "plain"},
    "looked": {"dwell": "plain", "genre_dwell": "scaled"},
    "seen": {"fatigue": "log", "picture_fatigue": "log"},
    "own": {
        "own_rating": "flag", "progress": "flag", "finished": "plain", "taken": "plain",
        "listed_s": "flag",
    },
    "offer": {
        "new_days": "scaled", "leaving": "plain", "maturity_gap": "scaled", "price_gap": "scaled",
        "low_stock": "plain",
    },
})  # fmt: skip
ITEM_FEATURES = tuple(name for features in PARTS.values() for name in features)

REQUEST_FEATURES = (
    "always", "away", "absence", "history", "evening", "night", "morning", "weekend",
    *(f"on_{device}" for device in DEVICES), "visit_plays", "visit_minutes", "visit_searches",
    "scroll_depth", "scroll_speed", "rows_passed", "rating_mean",
)  # fmt: skip


def item_features(candidates: Candidates) -> NDArray[np.float32]:
    """Return a row for each candidate, a column for each of ``ITEM_FEATURES``."""
    # By feature first, so that each is one stretch of memory.
    table = np.zeros((len(ITEM_FEATURES), len(candidates)), np.float32)
    if not len(candidates):
        return table.T
    for at, (name, how) in enumerate(_HOW.items()):
        source = _SOURCE.get(name, name.removesuffix("_peak"))
        if source not in candidates:
            continue
        column = np.asarray(candidates[source], np.float32)
        if how in ("count", "root"):
            column = np.sqrt(np.maximum(column, 0.0))
        elif how == "log":
            column = np.log1p(np.maximum(column, 0.0))
        elif how == "flag":
            column = (column > 0).astype(np.float32)
        table[at] = np.abs(column) if name == "length_misfit" else column
    scaled = table[_SCALED]
    told = np.minimum(scaled.std(axis=1) / _LEAST, 1.0)
    table[_SCALED] = standardise(scaled) * told[:, None]
    return table.T


_HOW = {name: how for features in PARTS.values() for name, how in features.items()}
#: What is standardised, and how far it lies apart by chance alone: roots of counts by a half,
#: whatever they count (Bartlett 1936), counts around one by one. Where they lie no further,
#: standardising would make one event of a quiet hour tower over everything.
_CHANCE = {"count": 0.5, "peak": 1.0, "root": 0.0, "scaled": 0.0}
_SCALED = [at for at, how in enumerate(_HOW.values()) if how in _CHANCE]
_LEAST = np.array([max(_CHANCE[how], 1e-9) for how in _HOW.values() if how in _CHANCE], np.float32)
_SOURCE = {"length_misfit": "length_gap"}


def request_features(query: Query) -> NDArray[np.float32]:
    """Return one number for each of ``REQUEST_FEATURES``, most between 0 and 1."""
    profile, local = query.profile, query.local
    recent = profile.recent
    gap_ms = query.at_ms - 1000 * recent[-1].at_s if recent else -1
    away = not recent or bool(begins_visit(gap_ms))
    visit = profile.visit_at(query.at_ms)
    stars = [entry.value for entry in recent[-100:] if entry.code == _RATING]
    found = {
        "always": 1.0,
        "away": float(away),
        "absence": min(np.log1p(max(gap_ms, 0) / _HOUR_MS), 10.0) / 5.0 if away else 0.0,
        "history": np.log1p(len(recent)) / 5.0,
        "evening": float(18 <= local.hour < 23),
        "night": float(local.hour >= 23 or local.hour < 5),
        "morning": float(5 <= local.hour < 11),
        "weekend": float(local.weekday() >= 5),
        f"on_{query.device}": 1.0,
        "rating_mean": sum(stars) / (50.0 * len(stars)) if stars else 0.0,
    }
    if visit is not None:
        minutes = (query.at_ms // 1000 - visit.start_s) / 60.0
        found |= {
            "visit_plays": np.log1p(visit.plays) / 3.0,
            "visit_minutes": np.log1p(max(minutes, 0.0)) / 5.0,
            "visit_searches": min(visit.searches, 3) / 3.0,
            "scroll_depth": min(visit.depth, 20) / 20.0,
            "scroll_speed": min(visit.speed, 5_000) / 5_000.0,
            "rows_passed": min(visit.passed, 20) / 20.0,
        }
    return np.array([found.get(name, 0.0) for name in REQUEST_FEATURES], np.float32)


_HOUR_MS = 3_600_000
_RATING = 4
