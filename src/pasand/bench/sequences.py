"""The sequence model on one data set: training, encoding, and whether serving agrees with it.

The model is trained for the time given, then served without PyTorch. Encoding is timed as a page
does it that finds nothing kept: a whole history of one member. Agreement is the share of members
whose 50 best items are the trainer's, apart from items whose scores differ by less than 1e-4.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pasand.bench.figures import Measured, quantile
from pasand.domain.interactions import Interactions
from pasand.learning.sequence.settings import SequenceShape, SequenceTraining
from pasand.model_ports import Inference
from pasand.stages.scoring.sequence import (
    EventRun,
    finished_state,
    inputs_of,
    sequence_scores,
    unit_rows,
    window_start,
)
from pasand.stages.scoring.sequence_network import NumpySequenceInference

if TYPE_CHECKING:
    from pasand.learning.sequence.network import SequenceNetwork

__all__ = ["measure_sequence"]

TOP_COUNT = 50
NEAR = 1e-4
AFTER_MS = 60_000

Scores = NDArray[np.float32]


def measure_sequence(
    interactions: Interactions, data: str, seconds: float, seed: int = 1, members: int = 1_000
) -> list[Measured]:
    """Train, serve and compare; ``members`` of them are asked for."""
    from pasand.learning.sequence.exporting import arrays_of
    from pasand.learning.sequence.fitting import fit_sequence

    shape, training = SequenceShape(), SequenceTraining(seed=seed, second_max=seconds)
    timer = time.perf_counter
    started = timer()
    fitted = fit_sequence(interactions, None, shape, training, timer=timer)
    took_s = timer() - started
    arrays = arrays_of(fitted.network, interactions.timed)
    inference = NumpySequenceInference(arrays)
    runs = runs_of(interactions, shape.window, members, seed)
    target = unit_rows(arrays["sequence.item"])
    encoded, finished, served = asked(inference, runs, target)
    at = {"data": data, "interactions": len(interactions), "seed": seed, "seconds": seconds}
    sizes = {**at, "members": len(runs), "events": int(np.median([len(run) for run in runs]))}
    best = max(one.ndcg for one in fitted.passes)
    same = agreement(served, trained_scores(fitted.network, runs))
    passes = {**at, "passes": len(fitted.passes)}
    return [
        Measured("train_seconds", round(took_s, 1), "s", at=passes),
        Measured("validation_ndcg@10", round(best, 4), "", "higher", at),
        Measured("encode_p50_ms", round(quantile(encoded, 0.5), 3), "ms", at=sizes),
        Measured("encode_p99_ms", round(quantile(encoded, 0.99), 3), "ms", at=sizes),
        Measured("finish_p50_ms", round(quantile(finished, 0.5), 3), "ms", at=sizes),
        Measured("serving_top50_agreement", same, "share", "higher", sizes),
    ]


def runs_of(data: Interactions, window: int, count: int, seed: int) -> list[EventRun]:
    """Return the newest window of some members' events."""
    from pasand.learning.sequence.sequences import sequences_of

    sequences = sequences_of(data)
    first, after = sequences.first[:-1], sequences.first[1:]
    rng = np.random.default_rng(seed)
    members = rng.permutation(np.flatnonzero(after - first >= 2))[:count]
    runs = []
    for low, high in zip(first[members].tolist(), after[members].tolist(), strict=True):
        part = slice(low + window_start(high - low, window), high)
        runs.append(EventRun(sequences.item[part], sequences.at_ms[part], sequences.done[part]))
    return runs


def asked(
    inference: Inference, runs: list[EventRun], target: Scores
) -> tuple[list[float], list[float], Scores]:
    """Return milliseconds of encoding each run, of its newest event alone, and all scores."""
    encoded, finished, scores = [], [], []
    for run in runs:
        started = time.perf_counter()
        memory = inference.run(inputs_of(run, None))
        between = time.perf_counter()
        inputs = inputs_of(run, int(run.at_ms[-1]) + AFTER_MS)
        state = finished_state(inference, inputs, memory)
        encoded.append(1_000 * (between - started))
        finished.append(1_000 * (time.perf_counter() - between))
        scores.append(sequence_scores(state, target))
    return encoded, finished, np.stack(scores)


def trained_scores(network: SequenceNetwork, runs: list[EventRun]) -> Scores:
    """Return what the trainer's own network gives for the same requests."""
    import torch

    from pasand.learning.sequence.network import unit_length

    scores = []
    with torch.no_grad():
        items = network.items()
        target = unit_length(items)
        for run in runs:
            inputs = inputs_of(run, int(run.at_ms[-1]) + AFTER_MS)
            item, done, request, read_s, asked_s = (
                torch.from_numpy(np.asarray(inputs[name], np.int64))
                for name in ("item", "done", "request", "read_s", "asked_s")
            )
            age_s = (asked_s[:, None] - read_s[None, :]).clamp(min=0)
            state = network(items[item][None], done[None], request[None], age_s[None])[0, -1]
            scores.append((target @ unit_length(state) / network.shape.temperature).numpy())
    return np.stack(scores)


def agreement(served: Scores, trained: Scores) -> float:
    """Return the share of rows whose best items are the same but for near ties at the edge."""
    same = 0
    for one, other in zip(served, trained, strict=True):
        best, wanted = (np.argpartition(-score, TOP_COUNT)[:TOP_COUNT] for score in (one, other))
        edge = np.sort(other)[-TOP_COUNT]
        same += bool(np.all(np.abs(other[np.setxor1d(best, wanted)] - edge) < NEAR))
    return same / max(len(served), 1)
