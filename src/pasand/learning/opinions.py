"""What everybody thinks of items: how much likelier one is liked, or disliked, by who rates it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interaction_features import rating_code
from pasand.domain.interactions import Interactions
from pasand.domain.labels import RULES

__all__ = ["train_opinions"]

#: Ratings of the average kind that every item is given beside its own.
PRIOR = 10.0


def train_opinions(interactions: Interactions) -> dict[str, NDArray[np.float32]]:
    """Return the log odds of ``like`` and ``dislike`` of each item, less those of all ratings."""
    count = len(interactions.item_ids)
    code = interactions.feature.get("rating", np.zeros(len(interactions), np.int16))
    rated = code > 0
    item, code = interactions.item[rated], code[rated]
    said = np.bincount(item, minlength=count)
    of_kind = {
        "like": code >= rating_code(RULES.rating_liked),
        "dislike": code <= rating_code(RULES.rating_disliked),
    }
    found = {}
    for name, kind in of_kind.items():
        usual = (kind.sum() + 1.0) / (len(kind) + 2.0)
        share = (np.bincount(item[kind], minlength=count) + PRIOR * usual) / (said + PRIOR)
        odds = np.log(share / (1.0 - share)) - np.log(usual / (1.0 - usual))
        found[name] = odds.astype(np.float32)
    return found
