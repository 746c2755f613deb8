"""Training the sequence model: windows in, a network out, as good as the time given allows.

The learning rate rises over the first steps and falls with what is left of the time or of the
passes, whichever ends first, so that a short training is a good one too. The weights kept are an
average over the last steps (Polyak 1990). After each pass the validation items, the last event of
every member with more than two, are ranked; the best pass is kept. Then the model goes on for a
few passes over everything, those items too: they are the newest there are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.learning.sequence.batch import Batch, batch_of
from pasand.learning.sequence.loss import NextItemCost, draw_items
from pasand.learning.sequence.network import SequenceNetwork, unit_length
from pasand.learning.sequence.sequences import (
    Sequences,
    Windows,
    batches,
    sequences_of,
    windows_of,
)
from pasand.learning.sequence.settings import SequenceShape, SequenceTraining
from pasand.learning.sequence.validating import validation_ndcg

__all__ = ["Fitted", "Pass", "Run", "fit_sequence"]


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass over the data: its cost, the validation NDCG@10, and seconds of training so far."""

    epoch: int
    cost: float
    ndcg: float
    second: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """The trained network and how it got there."""

    network: SequenceNetwork
    passes: tuple[Pass, ...]


@dataclass(slots=True)
class Run:
    """A training that goes on: what a checkpoint has to keep."""

    network: SequenceNetwork
    optimiser: torch.optim.Optimizer
    average: dict[str, torch.Tensor]
    best: dict[str, torch.Tensor]
    #: Items that are taken at all, the others are known by their content alone; how often each
    #: is; and where every item stands among them.
    taken: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    share: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    place: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    step: int = 0
    epoch: int = 0
    spent_s: float = 0.0
    refitted: int = 0
    passes: list[Pass] = field(default_factory=list)


Keep = Callable[[Run], None]
Told = Callable[[Pass], None]


def fit_sequence(
    interactions: Interactions,
    content: NDArray[np.float32] | None = None,
    shape: SequenceShape | None = None,
    training: SequenceTraining | None = None,
    *,
    timer: Callable[[], float],
    resume: Callable[[Run], None] | None = None,
    keep: Keep | None = None,
    told: Told | None = None,
) -> Fitted:
    """Train on interactions; ``content`` [items, content width] describes every item.

    ``resume`` fills a fresh run from a checkpoint, ``keep`` writes one after each pass. The same
    arguments give the same network unless ``second_max`` ends it.
    """
    shape, training = shape or SequenceShape(), training or SequenceTraining()
    sequences = sequences_of(interactions)
    run = new_run(shape, training, len(interactions.item_ids), content)
    note_taken(run, sequences)
    if resume:
        resume(run)
    before_s, began_s = run.spent_s, timer()

    def spent_s() -> float:
        return before_s + timer() - began_s

    held_out = 1 if training.validation_count else 0
    while not over(run, training, spent_s()):
        cost = one_pass(run, sequences, training, held_out, spent_s)
        ndcg = validation_ndcg(run, sequences, training) if held_out else 0.0
        run.spent_s = spent_s()
        run.passes.append(Pass(run.epoch, cost, ndcg, run.spent_s))
        if ndcg >= max((one.ndcg for one in run.passes[:-1]), default=0.0):
            run.best = {name: value.clone() for name, value in run.average.items()}
        if told:
            told(run.passes[-1])
        if keep:
            keep(run)
    if held_out and training.refit_share:
        refit(run, sequences, training, spent_s, keep)
    run.network.load_state_dict(run.average if run.refitted else run.best)
    return Fitted(run.network.eval(), tuple(run.passes))


def new_run(
    shape: SequenceShape,
    training: SequenceTraining,
    item_count: int,
    content: NDArray[np.float32] | None,
) -> Run:
    """Return a training that has not begun."""
    torch.manual_seed(training.seed)
    network = SequenceNetwork(shape, item_count, content)
    decayed = [p for p in network.parameters() if p.ndim == 2 and p.shape[0] == shape.width]
    rest = [p for p in network.parameters() if p.ndim != 2 or p.shape[0] != shape.width]
    optimiser = torch.optim.AdamW(
        [
            {"params": decayed, "weight_decay": training.weight_decay},
            {"params": rest, "weight_decay": 0.0},
        ],
        lr=training.learning_rate,
        betas=(0.9, 0.98),
    )
    start = {name: value.clone() for name, value in network.state_dict().items()}
    return Run(network, optimiser, start, {name: value.clone() for name, value in start.items()})


def note_taken(run: Run, sequences: Sequences) -> None:
    """Note which items are taken; the others have no vector of their own to begin with."""
    count = np.bincount(sequences.item, minlength=len(run.network.item))
    run.taken = np.flatnonzero(count)
    run.share = count[run.taken] / max(count.sum(), 1)
    run.place = np.cumsum(count > 0) - 1
    with torch.no_grad():
        run.network.item[torch.from_numpy(count == 0)] = 0.0
    for kept in (run.average, run.best):
        kept["item"].copy_(run.network.item)


def over(run: Run, training: SequenceTraining, spent_s: float) -> bool:
    """Return whether the passes before the refit are done."""
    if run.refitted or run.epoch >= training.epoch_max:
        return True
    # What a pass and its share of the refit take must still fit in.
    a_pass_s = spent_s / run.epoch if run.epoch else 0.0
    allowed_s = training.second_max * (1.0 - training.refit_share)
    if training.second_max and spent_s + 0.5 * a_pass_s > allowed_s:
        return True
    best = max(run.passes, key=lambda one: one.ndcg, default=None)
    return best is not None and run.epoch - best.epoch >= training.patience


def one_pass(
    run: Run,
    sequences: Sequences,
    training: SequenceTraining,
    held_out: int,
    spent_s: Callable[[], float],
    rate_max: float | None = None,
) -> float:
    """Train once on every window; return the mean cost."""
    rng = np.random.default_rng((training.seed, run.epoch + 1, run.refitted))
    torch.manual_seed(int(rng.integers(2**31)))
    windows = windows_of(sequences, run.network.shape.window, rng, held_out)
    costs, groups = [], list(batches(windows, training.batch_size, rng))
    run.network.train()
    for done, rows in enumerate(groups):
        rate = rate_max or rate_at(run, training, done / len(groups), spent_s())
        for group in run.optimiser.param_groups:
            group["lr"] = rate
        costs.append(one_step(run, sequences, windows, rows, training, rng))
        if training.second_max and spent_s() > training.second_max:
            break
    run.epoch += 0 if run.refitted else 1
    return float(np.mean(costs)) if costs else 0.0


def rate_at(run: Run, training: SequenceTraining, part: float, spent_s: float) -> float:
    """Return the learning rate: up over the warm-up, then down a quarter of a cosine's wave."""
    left = 1.0 - (run.epoch + part) / training.epoch_max
    if training.second_max:
        left = min(left, 1.0 - spent_s / (training.second_max * (1.0 - training.refit_share)))
    fall = 0.05 + 0.95 * 0.5 * (1.0 - np.cos(np.pi * np.clip(left, 0.0, 1.0)))
    return float(training.learning_rate * fall * min(1.0, (run.step + 1) / training.warmup_steps))


def one_step(
    run: Run,
    sequences: Sequences,
    windows: Windows,
    rows: NDArray[np.int64],
    training: SequenceTraining,
    rng: np.random.Generator,
) -> float:
    """Take one step of descent on one batch; return its cost."""
    untimed = rng.uniform(size=len(rows)) < training.time_dropout
    # A profile remembers no device of what was done before, so half the windows are without.
    placed = rng.uniform(size=len(rows)) < 0.5
    batch = batch_of(sequences, windows.begin[rows], windows.end[rows], untimed, placed)
    cost = cost_of(run, batch, training, rng)
    run.optimiser.zero_grad(set_to_none=True)
    cost.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(run.network.parameters(), 1.0)
    run.optimiser.step()
    run.step += 1
    follow = min(training.average, (1.0 + run.step) / (10.0 + run.step))
    with torch.no_grad():
        for name, value in run.network.state_dict().items():
            run.average[name].lerp_(value, 1.0 - follow)
    return float(cost.detach())


def cost_of(
    run: Run, batch: Batch, training: SequenceTraining, rng: np.random.Generator
) -> torch.Tensor:
    """Return the cost of one batch: of its next items, and of what came of them.

    Next items are told from all that are taken: pushed away from every state, the others would
    learn that nobody ever takes them.
    """
    network = run.network
    dropped = torch.from_numpy(rng.uniform(size=len(network.item)) < training.id_dropout)
    items = network.items(dropped if network.content is not None else None)
    with torch.autocast("cpu", torch.bfloat16, enabled=training.half_precision):
        state = network(
            items[batch.item], batch.done, batch.request, batch.age_s, training.dropout
        )[batch.real]
    state, unit = unit_length(state.float()), unit_length(items)
    kind = torch.bfloat16 if training.half_precision else torch.float32
    temperature = network.shape.temperature
    told, where = torch.from_numpy(batch.target), run.place[batch.target]
    among, offset = run.taken, None
    if len(among) > training.full_softmax_max:
        drawn, where, likely = draw_items(where, run.share, training.negative_count, rng)
        among, offset = among[drawn], torch.from_numpy(likely)
    cost: torch.Tensor = NextItemCost.apply(  # type: ignore[no-untyped-call]
        state.to(kind), unit[among].to(kind), offset, torch.from_numpy(where), temperature
    )
    known = ~torch.isnan(batch.outcome)
    if training.outcome_share and bool(known.any()):
        guess = network.outcomes(state, unit[told])[known]
        outcome = torch.nn.functional.binary_cross_entropy_with_logits(guess, batch.outcome[known])
        cost = cost + training.outcome_share * outcome
    return cost


def refit(
    run: Run,
    sequences: Sequences,
    training: SequenceTraining,
    spent_s: Callable[[], float],
    keep: Keep | None,
) -> None:
    """Go on from the best pass over everything, the validation items too."""
    if not run.refitted:
        run.network.load_state_dict(run.best)
        run.average = {name: value.clone() for name, value in run.best.items()}
    best = max(run.passes, key=lambda one: one.ndcg).epoch if run.passes else 1
    while run.refitted < max(1, round(training.refit_share * best)):
        run.refitted += 1
        one_pass(run, sequences, training, 0, spent_s, 0.2 * training.learning_rate)
        run.spent_s = spent_s()
        if keep:
            keep(run)
        if training.second_max and run.spent_s > training.second_max:
            return
