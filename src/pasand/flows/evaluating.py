"""Evaluation as a use case: train the models before a split and rank what came after.

It receives interactions and returns what was found; reading data and printing tables are the
callers' work. To compare one more model, train it in ``Workshop`` and name its ranker in
``MODELS``.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.counters_view import HALF_LIFE_HOURS
from pasand.domain.interactions import Interactions
from pasand.errors import InvalidInput
from pasand.evaluation.control import Control, control_run
from pasand.evaluation.data import EvaluationData
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.rankers import (
    BlendRanker,
    CovisitRanker,
    EaseRanker,
    PopularAllRanker,
    PopularRanker,
    TrendingRanker,
)
from pasand.evaluation.rankers_fusion import DecayedRanker, FusionRanker, return_counts
from pasand.evaluation.rankers_items import IalsRanker, ItemKnnRanker, SessionKnnRanker
from pasand.evaluation.ranking import Progress, Ranker
from pasand.evaluation.rehearsing import lessons_of, rehearsal_split
from pasand.evaluation.running import Evaluation, Trainer, run
from pasand.evaluation.sequence_ranker import SequenceRanker
from pasand.evaluation.splits import Rules, Split
from pasand.learning.covisit import train_covisit
from pasand.learning.ease import train_ease
from pasand.learning.fusion import learn_fusion
from pasand.learning.ials import IalsTraining, train_ials
from pasand.learning.item_knn import train_item_knn
from pasand.learning.sequence.content import project_words, words_of_items
from pasand.learning.sequence.course import Course, train_sequence
from pasand.learning.sequence.settings import SequenceShape, SequenceTraining
from pasand.learning.session_knn import train_session_knn
from pasand.settings import LearnSettings
from pasand.stages.scoring.sequence_network import NumpySequenceInference

__all__ = [
    "ALWAYS",
    "DEFAULT_MODELS",
    "MODELS",
    "Deep",
    "Workshop",
    "chosen_models",
    "control",
    "evaluate",
    "rankers",
]

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
SPEEDS = ("trending", "popular")
#: Half-lives of the popularity that a fusion hears, in hours.
POPULAR_HOURS = {"hour": 1.0, "day": 24.0, "week": 168.0, "month": 720.0}
#: What a fusion's rehearsal takes of the time that the sequence model is given.
REHEARSAL_SHARE = 0.3

#: What stands beside every comparison, asked for or not.
ALWAYS = ("popular", "popular-all", "covisit+ease")
#: What is compared where nothing is asked for.
DEFAULT_MODELS = ("popular", "popular-all", "covisit", "ease")


@dataclass(frozen=True, slots=True)
class Deep:
    """What the sequence model is given: so many seconds, 0 for as many passes as it needs; so
    many blocks; a row of ``content`` for every item, made from what the data say of it unless it
    is not to be ``described``; a folder to go on from after a kill; whom to tell of each pass;
    and what tells the seconds.
    """

    second_max: float = 0.0
    shape: SequenceShape = field(default_factory=SequenceShape)
    training: SequenceTraining = field(default_factory=SequenceTraining)
    content: NDArray[np.float32] | None = None
    described: bool = True
    folder: Path | None = None
    told: Callable[[Any], None] | None = None
    timer: Callable[[], float] = time.perf_counter

    def course(self, training: Interactions, seed: int) -> Course:
        """Return what is trained on the part before a split."""
        return Course(
            training,
            self.timer,
            content=self.content,
            shape=self.shape,
            training=replace(self.training, seed=seed, second_max=self.second_max),
            folder=self.folder,
            told=self.told,
        )

    def rehearsing(self) -> Deep:
        """Return the same for a rehearsal: a share of the time, and a folder of its own."""
        folder = self.folder / "rehearsal" if self.folder else None
        return replace(self, second_max=REHEARSAL_SHARE * self.second_max, folder=folder)


@dataclass(frozen=True)
class Workshop:
    """What one split gives to learn from. Each model is trained when first asked for, and once.

    ``training`` is all that may train weights; ``live`` are the counts that run on beside it.
    """

    training: Interactions
    live: LiveCounts
    seed: int = 1
    deep: Deep = field(default_factory=Deep)
    genres: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def popular(self) -> PopularRanker:
        """Counts of the last 30 days."""
        return PopularRanker(self.live)

    @cached_property
    def popular_all(self) -> PopularAllRanker:
        """Counts of all time."""
        data = self.training
        count = np.bincount(data.item, data.weight, minlength=len(data.item_ids))
        return PopularAllRanker(count.astype(np.float32))

    @cached_property
    def genre_popular(self) -> PopularAllRanker:
        """What is taken of the genres of an item, which may be new, on average over them."""
        data = self.training
        counts = Counter[str]()
        for code, count in enumerate(np.bincount(data.item, minlength=len(data.item_ids))):
            for genre in self.genres.get(data.item_ids[code], ()):
                counts[genre] += int(count)
        of_item = (self.genres.get(item_id, ()) for item_id in data.item_ids)
        score = [sum(map(counts.__getitem__, own)) / max(len(own), 1) for own in of_item]
        return PopularAllRanker(np.array(score, np.float32), name="genre-popular")

    @cached_property
    def covisit(self) -> CovisitRanker:
        """Ordered co-visitation."""
        pairs = train_covisit(self.training)
        return CovisitRanker(pairs.neighbour, pairs.strength)

    @cached_property
    def ease(self) -> EaseRanker:
        """EASE, the newest history weighing most."""
        solved = train_ease(self.training)
        return EaseRanker(solved.item, solved.weights, len(self.training.item_ids))

    @cached_property
    def trending(self) -> TrendingRanker:
        """What rises, as a page reckons it."""
        now, usual = (self.live.decayed(HALF_LIFE_HOURS[it] * HOUR_MS) for it in SPEEDS)
        return TrendingRanker(now, usual)

    @cached_property
    def item_knn(self) -> ItemKnnRanker:
        """Item-kNN by cosine."""
        found = train_item_knn(self.training)
        return ItemKnnRanker(found.neighbour, found.strength)

    @cached_property
    def ials(self) -> IalsRanker:
        """iALS, each member folded in from the history."""
        found = train_ials(self.training, IalsTraining(seed=self.seed))
        count = len(self.training.item_ids)
        return IalsRanker(found.item, found.factor, found.common, found.damping, count)

    @cached_property
    def session_knn(self) -> SessionKnnRanker:
        """Session-kNN over the visits before the split."""
        return SessionKnnRanker(train_session_knn(self.training))

    @cached_property
    def sequence(self) -> SequenceRanker:
        """The sequence model, trained for as long as it is given."""
        arrays = train_sequence(self.deep.course(self.training, self.seed))
        return SequenceRanker.of(NumpySequenceInference(arrays), arrays)

    @cached_property
    def sequence_blend(self) -> BlendRanker:
        """The sequence model with everything else that a page may follow from."""
        parts: dict[str, Ranker] = {**self.blend.parts, "sequence": self.sequence}
        return BlendRanker(parts, len(self.training.item_ids), name="sequence+blend")

    @cached_property
    def blend(self) -> BlendRanker:
        """Everything that a page may follow from, EASE or iALS by the size of the catalogue."""
        count = len(self.training.item_ids)
        parts: dict[str, Ranker] = {
            name: getattr(self, name) for name in ("covisit", self._regression)
        }
        parts["popular"] = PopularRanker(self.live, 7 * DAY_MS)
        return BlendRanker(parts, count)

    @cached_property
    def fusion(self) -> FusionRanker:
        """What a page may follow from and popularity at every speed, by learned weights."""
        return self._fused("fusion")

    @cached_property
    def sequence_fusion(self) -> FusionRanker:
        """The same with the sequence model."""
        return self._fused("sequence+fusion", "sequence")

    def parts(self, *more: str) -> dict[str, Ranker]:
        """Return what a fusion is made of."""
        names = (*more, "covisit", self._regression, "session_knn")
        chosen: dict[str, Ranker] = {name: getattr(self, name) for name in names}
        return chosen | self._popularities() | {"popular_all": self.popular_all}

    def _popularities(self) -> dict[str, Ranker]:
        """Return popularity at every speed, and of what members take who come back."""
        if not self.training.timed:
            return {}
        counts = {name: self.live.decayed(hours * HOUR_MS) for name, hours in POPULAR_HOURS.items()}
        counts["return"] = return_counts(self.live).decayed(POPULAR_HOURS["month"] * HOUR_MS)
        return {f"popular_{name}": DecayedRanker(each, name) for name, each in counts.items()}

    @property
    def _regression(self) -> str:
        """EASE or iALS, by the size of the catalogue."""
        many = len(np.unique(self.training.item)) > LearnSettings().ease_item_count_max
        return "ials" if many else "ease"

    @cached_property
    def _rehearsal(self) -> tuple[Split, Workshop]:
        """What a fusion learns from: a workshop of its own, and what that is to foretell."""
        split = rehearsal_split(self.training)
        deep = self.deep.rehearsing()
        return split, replace(self, training=split.training, live=split.live, deep=deep)

    def _fused(self, name: str, *more: str) -> FusionRanker:
        split, rehearsal = self._rehearsal
        lessons = lessons_of(rehearsal.parts(*more), split, np.random.default_rng(self.seed))
        weights = learn_fusion(lessons)
        return FusionRanker(self.parts(*more), weights, len(self.training.item_ids), name)

    @cached_property
    def ease_flat(self) -> EaseRanker:
        """EASE as it was published: all history alike."""
        own = self.ease
        return EaseRanker(own.item, own.weights, own.item_count, floor=1.0, name="ease-flat")

    @cached_property
    def covisit_ease(self) -> BlendRanker:
        """Co-visitation and EASE blended."""
        parts: dict[str, Ranker] = {"covisit": self.covisit, "ease": self.ease}
        return BlendRanker(parts, len(self.training.item_ids), name="covisit+ease")

    @cached_property
    def covisit_ease_popular(self) -> BlendRanker:
        """The same with what was popular this week."""
        week = PopularRanker(self.live, 7 * DAY_MS)
        parts: dict[str, Ranker] = {"covisit": self.covisit, "ease": self.ease, "popular": week}
        return BlendRanker(parts, len(self.training.item_ids), name="covisit+ease+popular")


#: Every model by the name its figures bear, in the order of the tables.
MODELS: Mapping[str, Callable[[Workshop], Ranker]] = MappingProxyType(
    {
        "popular": lambda workshop: workshop.popular,
        "popular-all": lambda workshop: workshop.popular_all,
        "trending": lambda workshop: workshop.trending,
        "item-knn": lambda workshop: workshop.item_knn,
        "session-knn": lambda workshop: workshop.session_knn,
        "genre-popular": lambda workshop: workshop.genre_popular,
        "covisit": lambda workshop: workshop.covisit,
        "ease": lambda workshop: workshop.ease,
        "ials": lambda workshop: workshop.ials,
        "covisit+ease": lambda workshop: workshop.covisit_ease,
        "covisit+ease+popular": lambda workshop: workshop.covisit_ease_popular,
        "blend": lambda workshop: workshop.blend,
        "sequence": lambda workshop: workshop.sequence,
        "sequence+blend": lambda workshop: workshop.sequence_blend,
        "fusion": lambda workshop: workshop.fusion,
        "sequence+fusion": lambda workshop: workshop.sequence_fusion,
        "ease-flat": lambda workshop: workshop.ease_flat,
    }
)


def rankers(
    training: Interactions,
    live: LiveCounts,
    models: Sequence[str],
    *,
    seed: int = 1,
    deep: Deep | None = None,
    genres: Mapping[str, tuple[str, ...]] | None = None,
) -> Sequence[Ranker]:
    """Train what ``models`` need, each once, and return their rankers in that order."""
    workshop = Workshop(training, live, seed, deep or Deep(), genres or {})
    return [MODELS[name](workshop) for name in models]


def evaluate(
    data: EvaluationData,
    protocol: str = "time",
    models: Sequence[str] = DEFAULT_MODELS,
    *,
    rules: Rules | None = None,
    request_times: Sequence[str] = ("known",),
    slice_names: Sequence[str] = (),
    seed: int = 1,
    deep: Deep | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Run one protocol for ``models``, with both populars and the blend beside them.

    Raises:
        InvalidInput: there is no such model, protocol or slice, or the protocol does not suit
            the data.
    """
    return run(
        data,
        protocol,
        chosen_models(models),
        _trainer(data, seed, deep),
        rules=rules,
        request_times=request_times,
        slice_names=slice_names,
        seed=seed,
        progress=progress,
    )


def control(
    data: EvaluationData,
    protocol: str = "time",
    models: Sequence[str] = DEFAULT_MODELS,
    *,
    rules: Rules | None = None,
    seed: int = 1,
    deep: Deep | None = None,
    progress: Progress | None = None,
) -> list[Control]:
    """Run the same on dealt targets, which nobody can foresee: whoever does has been told."""
    return control_run(
        data,
        protocol,
        chosen_models(models),
        _trainer(data, seed, deep),
        rules=rules,
        seed=seed,
        progress=progress,
    )


def _trainer(data: EvaluationData, seed: int, deep: Deep | None) -> Trainer:
    deep = deep or Deep()
    if deep.content is None and deep.described and data.words:
        words = words_of_items([data.words.get(i, ()) for i in data.interactions.item_ids])
        width = deep.shape.content_width
        deep = replace(deep, content=project_words(words, width, seed))
    return partial(rankers, seed=seed, deep=deep, genres=data.genres)


def chosen_models(models: Sequence[str]) -> list[str]:
    """Return what is compared when ``models`` are asked for, in the order of the tables."""
    unknown = [name for name in models if name not in MODELS]
    if unknown:
        raise InvalidInput(
            f"There is no model called {unknown[0]!r}.",
            field="models",
            fix=f"Choose from {', '.join(MODELS)}.",
        )
    return [name for name in MODELS if name in (*models, *ALWAYS)]
