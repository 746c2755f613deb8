"""Item-kNN, iALS and session-kNN: models of what is taken together, by members or by visits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.rankers_items import IalsRanker, ItemKnnRanker, SessionKnnRanker
from pasand.evaluation.ranking import Ranker
from pasand.learning.ials import IalsTraining, train_ials
from pasand.learning.item_knn import ItemKnnTraining, train_item_knn
from pasand.learning.session_knn import SessionKnnTraining, train_session_knn
from pasand.library.fitted import Fitted
from pasand.library.parameters import filled
from pasand.library.progress import Progress
from pasand.library.recommender import Arrays, Recommender
from pasand.stages.scoring.session_knn import SessionKnnIndex, SessionKnnWeights

__all__ = ["AlsRecommender", "ItemKnnRecommender", "SessionKnnRecommender"]


class ItemKnnRecommender(Recommender):
    """What the same members take: cosine similarity with shrinkage, recent items first.

    Args:
        neighbour_count_max: how many similar items of each are kept.
        shrinkage: added to the norm, so that two items that met once by chance are no twins.
        history_count_max: how much of a long history is counted, its newest part.
        verbose: draw a bar while fitting, where there is a terminal.
    """

    LIMITS: ClassVar[Mapping[str, tuple[float, float]]] = {
        "neighbour_count_max": (1, 100_000),
        "shrinkage": (0.0, 1e9),
        "history_count_max": (1, 1_000_000),
    }

    def __init__(
        self,
        *,
        neighbour_count_max: int = 30,
        shrinkage: float = 10.0,
        history_count_max: int = 1_000,
        verbose: bool = False,
    ) -> None:
        self.neighbour_count_max = neighbour_count_max
        self.shrinkage = shrinkage
        self.history_count_max = history_count_max
        self.verbose = verbose

    def train(self, interactions: Interactions, items: Any, progress: Progress) -> Arrays:
        """Count who took both of two items."""
        return arrays_of(train_item_knn(interactions, filled(ItemKnnTraining, self)))

    def ranker(self, arrays: Arrays, interactions: Interactions, live: LiveCounts) -> Ranker:
        """Return similarity to the items of a history."""
        return ItemKnnRanker(arrays["neighbour"], arrays["strength"])


class AlsRecommender(Recommender):
    """iALS (Hu et al. 2008, Rendle et al. 2022): vectors of items, and a member's solved from
    the history of the moment. For catalogues that are too large for EASE.

    Args:
        dimension: length of the vectors.
        epoch_count: how often members and items are solved in turn.
        unobserved_ratio: what all that was not taken weighs together, against all that was.
        ridge: pulls vectors to zero.
        exponent: how the ridge grows with how much a member or item holds.
        half_life_days: events so old count half; None counts all alike.
        random_state: of the first vectors.
        verbose: draw a bar while fitting, where there is a terminal.
    """

    LIMITS: ClassVar[Mapping[str, tuple[float, float]]] = {
        "dimension": (1, 4_096),
        "epoch_count": (1, 10_000),
        "unobserved_ratio": (1e-6, 1e6),
        "ridge": (1e-9, 1e6),
        "exponent": (0.0, 2.0),
        "half_life_days": (0.001, 1e6),
        "random_state": (0, 65_535),
    }
    OPTIONAL: ClassVar[frozenset[str]] = frozenset({"half_life_days"})

    def __init__(
        self,
        *,
        dimension: int = 128,
        epoch_count: int = 8,
        unobserved_ratio: float = 15.0,
        ridge: float = 0.003,
        exponent: float = 1.0,
        half_life_days: float | None = None,
        random_state: int = 1,
        verbose: bool = False,
    ) -> None:
        self.dimension = dimension
        self.epoch_count = epoch_count
        self.unobserved_ratio = unobserved_ratio
        self.ridge = ridge
        self.exponent = exponent
        self.half_life_days = half_life_days
        self.random_state = random_state
        self.verbose = verbose

    def train(self, interactions: Interactions, items: Any, progress: Progress) -> Arrays:
        """Solve for members and items in turn."""
        training = filled(IalsTraining, self, seed=int(self.random_state))
        return arrays_of(train_ials(interactions, training))

    def ranker(self, arrays: Arrays, interactions: Interactions, live: LiveCounts) -> Ranker:
        """Return iALS over the items it covers."""
        return IalsRanker(**arrays, item_count=len(interactions.item_ids))

    def similarity(self, arrays: Arrays, fitted: Fitted, code: int) -> NDArray[np.float32]:
        """Return the cosine of the items' vectors, 0 where there is none."""
        vector = np.zeros((len(fitted.given.item), arrays["factor"].shape[1]), np.float32)
        vector[arrays["item"]] = arrays["factor"]
        norm = np.linalg.norm(vector, axis=1) * np.linalg.norm(vector[code])
        cosine: NDArray[np.float32] = vector @ vector[code] / np.maximum(norm, 1e-30)
        return cosine


class SessionKnnRecommender(Recommender):
    """What recent visits like this one hold besides; for members who are known for minutes only.

    Where members are sessions, name that column ``session_id``, or ``member_id``.

    Args:
        visit_count_max: how many of the newest visits with an item are kept.
        item_count_max: how many of the newest items of a visit are kept.
        entry_count_max: how many of the newest items of a history are looked up.
        half_life_steps: so many items back, one of the history weighs half.
        sample_count: how many of the most recent visits that share one are compared.
        neighbour_count: how many of the most similar ones speak.
        length_power: how much less a long visit says than a short one.
        reach_steps: an item counts half so many steps from the one that is shared.
        backward: what an item before the shared one counts against one after it.
        rarity: how much more a rare item counts.
        verbose: draw a bar while fitting, where there is a terminal.
    """

    LIMITS: ClassVar[Mapping[str, tuple[float, float]]] = {
        "visit_count_max": (1, 1_000_000),
        "item_count_max": (2, 10_000),
        "entry_count_max": (1, 10_000),
        "half_life_steps": (0.01, 1e6),
        "sample_count": (1, 1_000_000),
        "neighbour_count": (1, 1_000_000),
        "length_power": (0.0, 10.0),
        "reach_steps": (0.01, 1e6),
        "backward": (0.0, 10.0),
        "rarity": (0.0, 1e3),
    }

    def __init__(
        self,
        *,
        visit_count_max: int = 1_000,
        item_count_max: int = 50,
        entry_count_max: int = 10,
        half_life_steps: float = 0.75,
        sample_count: int = 1_000,
        neighbour_count: int = 300,
        length_power: float = 0.4,
        reach_steps: float = 4.0,
        backward: float = 0.7,
        rarity: float = 1.0,
        verbose: bool = False,
    ) -> None:
        self.visit_count_max = visit_count_max
        self.item_count_max = item_count_max
        self.entry_count_max = entry_count_max
        self.half_life_steps = half_life_steps
        self.sample_count = sample_count
        self.neighbour_count = neighbour_count
        self.length_power = length_power
        self.reach_steps = reach_steps
        self.backward = backward
        self.rarity = rarity
        self.verbose = verbose

    def train(self, interactions: Interactions, items: Any, progress: Progress) -> Arrays:
        """Index the visits of all members."""
        return arrays_of(train_session_knn(interactions, filled(SessionKnnTraining, self)))

    def ranker(self, arrays: Arrays, interactions: Interactions, live: LiveCounts) -> Ranker:
        """Return what similar visits hold."""
        return SessionKnnRanker(SessionKnnIndex(**arrays), filled(SessionKnnWeights, self))


def arrays_of(model: Any) -> dict[str, Any]:
    """Return the arrays of a trained model by name."""
    return {field.name: getattr(model, field.name) for field in fields(model)}
