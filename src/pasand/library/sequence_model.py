"""The sequence model of the library: trained with PyTorch, served without it.

PyTorch is the extra ``deep`` and is imported when a model is fitted; a fitted one that was saved
answers where it is not installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.errors import InvalidInput
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.ranking import Ranker
from pasand.evaluation.sequence_ranker import SequenceRanker
from pasand.learning.sequence.course import need_torch
from pasand.learning.sequence.settings import SequenceShape, SequenceTraining
from pasand.library.fitted import Fitted
from pasand.library.item_words import words_of
from pasand.library.parameters import filled
from pasand.library.progress import Progress
from pasand.library.recommender import Arrays, Recommender
from pasand.stages.scoring.sequence_network import NumpySequenceInference

__all__ = ["SequenceRecommender"]


class SequenceRecommender(Recommender):
    """What comes next in a history: a causal transformer over events. Needs ``pasand[deep]``.

    It also reads the columns ``rating``, ``action`` and ``device``, and what the frame ``items``
    says of an item, so that items that nobody has taken yet are recommended to whom they suit.

    Args:
        width: length of every vector.
        block_count: how many blocks stand one after the other.
        head_count: how many parts of a vector attend by themselves.
        window: how many events one prediction looks back on.
        epoch_max: passes over the data at most.
        second_max: seconds of training at most, which makes fits differ; 0 sets no limit.
        patience: so many looks at the validation items without a gain end the training.
        batch_size: histories of one step.
        learning_rate: of the largest step.
        dropout: share of what is dropped at each step.
        random_state: of the first weights, the order of histories, and what is dropped.
        verbose: draw a bar while fitting, where there is a terminal.
    """

    LIMITS: ClassVar[Mapping[str, tuple[float, float]]] = {
        "width": (4, 4_096),
        "block_count": (1, 64),
        "head_count": (1, 64),
        "window": (2, 10_000),
        "epoch_max": (1, 100_000),
        "second_max": (0.0, 1e7),
        "patience": (1, 100_000),
        "batch_size": (1, 100_000),
        "learning_rate": (1e-8, 1.0),
        "dropout": (0.0, 0.99),
        "random_state": (0, 2**32 - 1),
    }

    def __init__(
        self,
        *,
        width: int = 64,
        block_count: int = 2,
        head_count: int = 2,
        window: int = 200,
        epoch_max: int = 60,
        second_max: float = 0.0,
        patience: int = 4,
        batch_size: int = 128,
        learning_rate: float = 1.5e-3,
        dropout: float = 0.2,
        random_state: int = 1,
        verbose: bool = False,
    ) -> None:
        self.width = width
        self.block_count = block_count
        self.head_count = head_count
        self.window = window
        self.epoch_max = epoch_max
        self.second_max = second_max
        self.patience = patience
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.dropout = dropout
        self.random_state = random_state
        self.verbose = verbose

    def check_params(self) -> None:
        """Raise InvalidInput for a parameter that cannot be used."""
        super().check_params()
        if self.width % self.head_count:
            raise InvalidInput(
                f"width is {self.width}, which {self.head_count} heads cannot share.",
                field="width",
                fix="Give a multiple of head_count.",
            )

    def train(self, interactions: Interactions, items: Any, progress: Progress) -> Arrays:
        """Train on the histories.

        Raises:
            MissingExtra: PyTorch is not installed.
        """
        need_torch()
        from pasand.learning.sequence.content import project_words, words_of_items
        from pasand.learning.sequence.exporting import arrays_of
        from pasand.learning.sequence.fitting import fit_sequence

        shape = filled(SequenceShape, self)
        training = filled(SequenceTraining, self, seed=int(self.random_state))
        content = None
        if items is not None:
            words = words_of_items(words_of(items, interactions.item_ids))
            content = project_words(words, shape.content_width, training.seed)
        found = fit_sequence(
            interactions,
            content,
            shape,
            training,
            timer=perf_counter,
            told=lambda one: progress("epochs", one.epoch, self.epoch_max),
        )
        progress("epochs", self.epoch_max, self.epoch_max)
        return arrays_of(found.network, interactions.timed)

    def ranker(self, arrays: Arrays, interactions: Interactions, live: LiveCounts) -> Ranker:
        """Return the model as it is served, by NumPy."""
        return SequenceRanker.of(NumpySequenceInference(arrays), arrays)

    def similarity(self, arrays: Arrays, fitted: Fitted, code: int) -> NDArray[np.float32]:
        """Return the cosine of the items' vectors."""
        vector = np.asarray(arrays["sequence.item"], np.float32)
        norm = np.linalg.norm(vector, axis=1) * np.linalg.norm(vector[code])
        cosine: NDArray[np.float32] = vector @ vector[code] / np.maximum(norm, 1e-30)
        return cosine
