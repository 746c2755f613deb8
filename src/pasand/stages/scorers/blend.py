"""The first scorer: source scores, tastes, freshness, hour and device in one readable sum.

Source scores are standardised over the candidates, as the evaluation's blend does it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates, Column
from pasand.domain.labels import begins_visit
from pasand.domain.page import REASONS
from pasand.domain.query import Query
from pasand.stages.models import Models
from pasand.stages.scoring.blend import BlendWeights, standardise

__all__ = ["BlendScorer", "Config", "reasons"]


_BLEND = BlendWeights()


@dataclass(frozen=True, slots=True)
class Config:
    """What one standard deviation of ``covisit``, ``ease`` (or of ``ials`` where the catalogue is
    too large for it), ``sequence``, ``popular`` and ``taste`` counts,
    what a full ``trending``, ``fresh`` or ``context`` counts, and what each impression without
    an answer takes off (``fatigue``, ten at most). ``popular_away`` is for a member who comes
    back after more than an hour: what everybody takes by now says more at the start of a visit.
    A full ``searched`` counts as many standard deviations of all else together, or units where
    that is less than one.
    The first five and their values are those of ``scoring/blend.py``, chosen there.
    """

    covisit: float = _BLEND.covisit
    ease: float = _BLEND.ease
    ials: float = _BLEND.ials
    sequence: float = _BLEND.sequence
    popular: float = _BLEND.popular
    popular_away: float = _BLEND.popular_away
    taste: float = 0.25
    trending: float = 0.1
    fresh: float = 0.4
    context: float = 0.6
    searched: float = 3.0
    fatigue: float = 0.12


#: Models that not every snapshot has: where none of their scores is there, nor is their part.
_OPTIONAL = ("ials", "sequence")
_STANDARDISED = ("covisit", "ease", "ials", "sequence", "popular", "taste")


#: The reason that a part gives when it contributed most.
_TOLD = {
    "popular": "popular",
    "trending": "trending",
    "covisit": "because",
    "ease": "similar_taste",
    "ials": "similar_taste",
    "sequence": "similar_taste",
    "taste": "genre",
    "fresh": "new",
    "searched": "searched",
}


class BlendScorer:
    """Columns ``score``, ``value``, ``reason`` (what contributed most), ``cause_item``, ``match``,
    and what each part added to the score (``part.ease`` and so on).

    ``value`` is what a cell with the item is worth to a member who looks at it, here the softmax
    of the scores: the chance that it, of all candidates, is what the member takes next.

    ``match`` is the share of all candidates that suit this member less: 96 means that the
    item stands above 96 % of what was considered. It is not a probability and is not called one.
    """

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, candidates: Candidates) -> Mapping[str, Column]:
        """Return the score and what explains it."""
        parts = {}
        for spec in fields(self.config):
            if spec.name in ("fatigue", "popular_away", "searched"):
                continue
            if spec.name in _OPTIONAL and spec.name not in candidates:
                continue
            column = candidates.column(spec.name).astype(np.float32)
            if spec.name in _STANDARDISED:
                column = standardise(column)
            weight = getattr(self.config, spec.name)
            if spec.name == "popular" and away(query):
                weight = self.config.popular_away
            parts[spec.name] = weight * column
        rest = np.sum(list(parts.values()), axis=0)
        spread = max(float(np.std(rest)), 1.0) if len(candidates) else 1.0
        parts["searched"] = self.config.searched * spread * candidates.column("searched")
        tired = np.minimum(candidates.column("fatigue"), 10.0) * self.config.fatigue
        score = np.sum(list(parts.values()), axis=0) - tired
        reason, cause = reasons(parts, candidates)
        return {
            "score": score.astype(np.float32),
            "value": softmax(score),
            "reason": reason,
            "cause_item": cause,
            "match": share_below(score),
            **{f"part.{name}": part.astype(np.float32) for name, part in parts.items()},
        }


def away(query: Query) -> bool:
    """Return whether the member did nothing for an hour: this page begins a visit."""
    recent = query.profile.recent
    return not recent or bool(begins_visit(query.at_ms - 1000 * recent[-1].at_s))


def reasons(
    parts: Mapping[str, NDArray[np.floating]], candidates: Candidates
) -> tuple[NDArray[np.int8], NDArray[np.int32]]:
    """Return for each candidate the reason that weighs most, and the item that caused it."""
    told = {name: word for name, word in _TOLD.items() if name in parts}
    names = list(told)
    code = np.array([REASONS.index(word) for word in told.values()], np.int8)
    table = np.stack([parts[name] for name in names])
    cause = candidates.column("cause", 0.0).astype(np.int32) - 1
    # What added nothing is no reason, nor is what is merely above a mean below 0, nor a "because"
    # without a cause; where nothing speaks for an item, nothing is claimed.
    table[table <= 0] = -np.inf
    table[[candidates.column(name, 1.0) <= 0 for name in names]] = -np.inf
    table[names.index("covisit"), cause < 0] = -np.inf
    best = table.argmax(axis=0)
    silent = np.isneginf(table.max(axis=0))
    cause = np.where((best == names.index("covisit")) & ~silent, cause, -1)
    reason = np.where(silent, np.int8(REASONS.index("untried")), code[best])
    return reason.astype(np.int8), cause.astype(np.int32)


def softmax(score: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return chances that add up to 1."""
    grown = np.exp(score - score.max(initial=-np.inf))
    return np.asarray(grown / max(float(grown.sum()), 1e-30), np.float32)


def share_below(score: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return for each score the share of all scores below it."""
    order = np.sort(score)
    return (np.searchsorted(order, score) / max(len(score), 1)).astype(np.float32)
