"""The first scorer: source scores, tastes, freshness, hour and device in one readable sum.

Source scores are standardised over the candidates, as the evaluation's blend does it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from pasand.domain.candidates import Candidates, Column
from pasand.domain.labels import begins_visit
from pasand.domain.query import Query
from pasand.stages.models import Models
from pasand.stages.scoring.blend import BlendWeights, standardise
from pasand.stages.scoring.telling import reasons, share_below, softmax

__all__ = ["BlendScorer", "Config"]


_BLEND = BlendWeights()


@dataclass(frozen=True, slots=True)
class Config:
    """What one standard deviation of ``covisit``, ``ease`` (or of ``ials`` where the catalogue is
    too large for it), ``sequence``, ``popular`` and ``taste`` counts,
    what a full ``trending``, ``fresh`` or ``context`` counts, and what each impression without
    an answer takes off (``fatigue``, ten at most). ``disliked``: how many standard deviations of
    all scores are lost by what is as near as can be to something that the member turned down just
    now, ``low_rated`` the same for what they rated low. ``popular_away`` is for a member who comes
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
    disliked: float = 4.0
    low_rated: float = 0.5


#: Models that not every snapshot has: where none of their scores is there, nor is their part.
_OPTIONAL = ("ials", "sequence")
_STANDARDISED = ("covisit", "ease", "ials", "sequence", "popular", "taste")


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
            if spec.name in ("fatigue", "disliked", "low_rated", "popular_away", "searched"):
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
        near = self.config.disliked * candidates.column("near_disliked")
        near = near + self.config.low_rated * candidates.column("near_low_rated")
        if near.any():
            parts["disliked"] = -max(float(score.std()), 1.0) * near
            score = score + parts["disliked"]
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
