"""The learned scorer: what is played next and what becomes of it, by weights the request moves."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from pasand.domain.candidates import Candidates, Column
from pasand.domain.query import Query
from pasand.stages.models import Models
from pasand.stages.scorers.blend import BlendScorer
from pasand.stages.scorers.blend import Config as BlendConfig
from pasand.stages.scoring.objective import parsed, worth
from pasand.stages.scoring.ranker import RankerModel, ranker_of
from pasand.stages.scoring.ranker_features import item_features, request_features
from pasand.stages.scoring.telling import reasons, share_below

__all__ = ["Config", "RankerScorer"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Config:
    """``objective``: what a play is worth, see ``scoring/objective.py``. In standard deviations of
    all scores, ``disliked`` is lost by what is as near as can be to something that the member
    turned down just now, and ``searched`` is won by what fits in full what they searched for.
    ``blend`` scores where the snapshot has no ranker, or a broken one.
    """

    objective: str = "play + 0.2 * finish + 0.2 * like - 0.5 * dislike + 0.1 * hours"
    disliked: float = 4.0
    searched: float = 3.0
    blend: BlendConfig = field(default_factory=BlendConfig)

    def __post_init__(self) -> None:
        parsed(self.objective)


class RankerScorer:
    """Columns ``p_play`` (the chance that it is played if it is seen; where the ranker learned from
    replay alone, that it of all candidates is taken next), ``p_finish``, ``p_like``,
    ``p_dislike`` and ``minutes`` (if it is), ``value``, ``score`` (whose order is that
    of the value), and those by which the blend explains itself.
    """

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config
        self.weights = parsed(config.objective)
        self.blend = BlendScorer(config.blend, models)
        self.model: RankerModel | None = None
        try:
            self.model = ranker_of(models)
        except (TypeError, ValueError, IndexError) as error:
            _log.error("the ranker cannot be used: %s", error)

    def __call__(self, query: Query, candidates: Candidates) -> Mapping[str, Column]:
        """Return the score and what explains it."""
        if self.model is None:
            return self.blend(query, candidates)
        item, request = item_features(candidates), request_features(query)
        parts = self.model.parts(item, request)
        logit = np.zeros(len(candidates), np.float32)
        for part in parts.values():
            logit += part
        spread = max(float(logit.std()), 1.0) if len(logit) else 1.0
        for name, strength, column in (
            ("disliked", -self.config.disliked, candidates.column("near_disliked")),
            ("searched", self.config.searched, candidates.column("searched")),
        ):
            if column.any():
                added = (strength * spread * column).astype(np.float32)
                parts[name] = parts[name] + added if name in parts else added
                logit = logit + added
        outcome = self.model.foretold(item, request)
        chance, log_chance = self.model.chance(logit)
        play = worth(self.weights, outcome, len(candidates))
        score = log_chance + np.log(play)
        reason, cause = reasons(parts, candidates)
        return {
            "p_play": chance,
            **{f"p_{name}": outcome[name] for name in ("finish", "like", "dislike")},
            "minutes": outcome["minutes"],
            "value": chance * play,
            "score": score.astype(np.float32),
            "reason": reason,
            "cause_item": cause,
            "match": share_below(score),
            **{f"part.{name}": part.astype(np.float32) for name, part in parts.items()},
        }
