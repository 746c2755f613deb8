"""Controls: is a model given what it should foresee?

Three, beside the look-ahead check of ``ranking.py``, which every run does.

``control_run`` deals the targets' items anew among the targets, trains and ranks as always. What
comes next then has nothing to do with what came before, so nothing can be foreseen but which items
are dealt often: no honest model can do better, but for chance, than the list that is best for
these very targets in hindsight, less what each member had. A model that does has been told. That
finds targets that train, counts that run past a target's moment and histories that hold it,
whoever's mistake it was: data, protocol or model. It cannot find less than what this ceiling
leaves room for.

``too_good`` is for a model that knows the true future from elsewhere, which a dealt one does not
betray: whoever ranks nearly every target first, of many items, has been told.

Both cost nothing to understand, and the first as much as a run; ``--control`` does it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pasand.evaluation.bootstrap import Draws, interval
from pasand.evaluation.data import EvaluationData
from pasand.evaluation.metrics import ndcg
from pasand.evaluation.protocols import split_by
from pasand.evaluation.ranking import Histories, Progress, rank_targets
from pasand.evaluation.running import Evaluation, Figure, Trainer
from pasand.evaluation.splits import Rules, Targets

__all__ = ["Control", "control_run", "dealt_anew", "too_good"]

Scores = NDArray[np.float32]

TARGET_COUNT_MAX = 2_000
TOO_MANY_FIRST = 0.9
#: With fewer targets, or fewer items to choose from, an honest model may rank all of them first.
FEWEST = 20


@dataclass(frozen=True, slots=True)
class Control:
    """NDCG@10 of a model on dealt targets, the ceiling of honest models, and the lower end of
    the 95 % interval of what it has above that.
    """

    model: str
    ndcg: float
    ceiling: float
    above_low: float

    @property
    def leaks(self) -> bool:
        """Say whether the model was told."""
        return self.above_low > 0.0

    def figures(self, evaluation: Evaluation) -> list[Figure]:
        """Return the control's figures under the conditions of the run it stands beside."""
        at = {
            "data": evaluation.data.name,
            "protocol": evaluation.protocol,
            "slice": "dealt targets",
            "model": self.model,
            "request_time": "known" if evaluation.split.timed else "none",
            "split": evaluation.split.rule,
            "tie_order": "stable",
            "seed": evaluation.seed,
        }
        values = {"control_ndcg@10": self.ndcg, "control_ceiling_ndcg@10": self.ceiling}
        return [
            {"name": name, "value": value, "unit": "", "better": "none", "at": at, "peer": None}
            for name, value in values.items()
        ]


@dataclass(frozen=True, slots=True)
class Hindsight:
    """Ranks items by how often they were dealt: the best one list for all."""

    count: Scores
    name: str = "ceiling"

    def scores(self, histories: Histories) -> Scores:
        """Return the counts once per row."""
        return np.tile(self.count, (len(histories), 1))


def control_run(
    data: EvaluationData,
    protocol: str,
    models: Sequence[str],
    trainer: Trainer,
    *,
    rules: Rules | None = None,
    seed: int = 1,
    progress: Progress | None = None,
) -> list[Control]:
    """Train and rank on data whose targets' items were dealt anew; a line per model."""
    data = data.in_order()
    split = split_by(protocol, dealt_anew(data, protocol, rules, seed), rules)
    targets = some_members(split.targets, seed)
    item_count = len(split.training.item_ids)
    codes, member = np.unique(targets.member, return_inverse=True)
    draws = Draws.of(len(codes), seed)
    dealt = np.bincount(targets.item, minlength=item_count).astype(np.float32)
    hindsight = rank_targets(Hindsight(dealt), targets, item_count, among=split.among)
    ceiling = ndcg(hindsight.rank, 10)
    found = []
    for ranker in trainer(split.training, split.live, models):
        ranked = rank_targets(
            ranker,
            targets,
            item_count,
            progress,
            request_time_known=split.timed,
            before_all_ms=split.last_training_ms,
            among=split.among,
        )
        value = ndcg(ranked.rank, 10)
        low, _ = interval(draws.micro_means((value - ceiling)[:, None], member)[:, 0])
        found.append(Control(ranker.name, float(value.mean()), float(ceiling.mean()), low))
    return found


def dealt_anew(
    data: EvaluationData, protocol: str, rules: Rules | None = None, seed: int = 1
) -> EvaluationData:
    """Return the data with the items of a protocol's targets dealt anew among them.

    A member who is dealt what they had has one target less, as ever.
    """
    row = split_by(protocol, data, rules).targets.row
    item = data.interactions.item.copy()
    item[row] = np.random.default_rng(seed).permutation(item[row])
    return replace(data, interactions=replace(data.interactions, item=item))


def some_members(targets: Targets, seed: int) -> Targets:
    """Return the targets of as many members as have some two thousand of them together."""
    if len(targets) <= TARGET_COUNT_MAX:
        return targets
    codes, member = np.unique(targets.member, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(codes))
    count = np.cumsum(np.bincount(member)[order])
    taken = np.zeros(len(codes), bool)
    taken[order[: max(1, np.searchsorted(count, TARGET_COUNT_MAX))]] = True
    return targets.where(taken[member])


def too_good(evaluation: Evaluation) -> list[str]:
    """Return the models that rank so many targets first that they must have been told."""
    targets = evaluation.split.targets
    choice = evaluation.split.ranked_count - float(targets.history_count.mean())
    if len(targets) < FEWEST or choice < FEWEST:
        return []
    firsts = {
        model: float((ranked.rank == 1.0).mean())
        for (model, _), ranked in evaluation.ranked.items()
    }
    return [model for model, share in firsts.items() if share > TOO_MANY_FIRST]
