"""Our own models on a row, trained and ranked by the code that ``pasand evaluate`` runs.

It cuts the split anew, with all that the data know (devices, shares watched), and makes sure that
it is the one the peers were handed. The sequence model is held to the peers' rule: the best pass
by the validation items. ``refit`` lets it go on over everything afterwards, as it is shipped;
``content`` gives it the items' words.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from splitting import exported
from task import TELL_EVERY_S, Work

from pasand import __version__
from pasand.adapters.interaction_files import read_data
from pasand.evaluation.ranking import Ranker, rank_targets
from pasand.evaluation.splits import Split
from pasand.flows.evaluating import MODELS, Workshop


def main() -> None:
    """Train one model, rank every target."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--protocol", required=True)
    given, rest = parser.parse_known_args()
    work = Work(rest)
    work.note(versions={"pasand": __version__})
    split, folder = exported(
        read_data(given.data), given.protocol, work.task_folder.resolve().parents[1]
    )
    assert folder == work.task_folder.resolve(), "the split is not the one the peers were handed"
    clock = work.start()
    if work.options["model"] == "sequence":
        ranker, train_s = sequence(split, given.data, work)
    else:
        ranker = MODELS[work.options["model"]](Workshop(split.training, split.live, work.seed))
        train_s = clock.spent_s
    began_s = time.monotonic()
    ranked = rank_targets(
        ranker,
        split.targets,
        len(split.training.item_ids),
        teller(),
        request_time_known=work.timed_request and split.timed,
        before_all_ms=split.last_training_ms,
    )
    work.finish(np.asarray(ranked.rank), train_s, began_s)


def sequence(split: Split, data: Path, work: Work) -> tuple[Ranker, float]:
    """Train the sequence model for the budget, going on from a checkpoint of the same budget.

    Its learning rate is planned for the whole budget, so a larger one begins anew.
    """
    from pasand.stages.scoring.sequence_network import NumpySequenceInference
    from pasand.evaluation.sequence_ranker import SequenceRanker
    from pasand.learning.sequence.course import Course, train_sequence
    from pasand.learning.sequence.settings import SequenceShape, SequenceTraining

    budget_s = 60.0 * work.minutes
    training = SequenceTraining(seed=work.seed, second_max=budget_s)
    if not work.options.get("refit"):
        training = replace(training, refit_share=0.0)
    if "patience" in work.options:
        # No end but the validation items': the time limit would shape the learning rate.
        training = replace(training, second_max=0.0, epoch_max=200)
        training = replace(training, patience=work.options["patience"])
    shape = SequenceShape()
    folder = work.folder / f"budget-{work.minutes:g}"
    folder.mkdir(exist_ok=True)
    began_s = time.monotonic()
    content = None
    if work.options.get("content"):
        content = content_of_items(split, data, shape.content_width)
    arrays = train_sequence(
        Course(
            split.training,
            time.monotonic,
            content=content,
            shape=shape,
            training=training,
            folder=folder,
            told=lambda one: print(f"  {one}", file=sys.stderr, flush=True),
        )
    )
    passes = arrays["sequence.passes"].tolist()
    curve = [
        {"second": round(second, 1), "ndcg@10": round(ndcg, 6), "epoch": epoch}
        for epoch, _, ndcg, second in passes
    ]
    work.note(curve=curve)
    # Seconds of runs before a kill are in the passes, those of a refit in this run's clock.
    spent_s = max(time.monotonic() - began_s, curve[-1]["second"] if curve else 0.0)
    return SequenceRanker.of(NumpySequenceInference(arrays), arrays), spent_s


def content_of_items(split: Split, data: Path, width: int) -> NDArray[np.float32]:
    """Return what the owner's own files say of each item, as the learning command describes it."""
    from pasand.adapters.movielens import is_movielens, read_movielens
    from pasand.domain.catalog import Catalog, Item
    from pasand.learning.sequence.content import content_of, project_words, words_of_items

    ids = split.training.item_ids
    if is_movielens(data):
        items = [item for item in read_movielens(data).items() if isinstance(item, Item)]
        return content_of(Catalog(items), ids, width)
    (file,) = data.glob("*_item2attributes.json")
    known = json.loads(file.read_text("utf-8"))
    words = [[("tag", str(word)) for word in known.get(name, ())] for name in ids]
    return project_words(words_of_items(words), width)


def teller() -> Callable[[str, int, int], None]:
    """Return a callback that says now and then how much is ranked."""
    told_s = [time.monotonic()]

    def tell(name: str, done: int, total: int) -> None:
        if done == total or time.monotonic() > told_s[0] + TELL_EVERY_S:
            told_s[0] = time.monotonic()
            print(f"  ranked {done:,} of {total:,}", file=sys.stderr, flush=True)

    return tell


if __name__ == "__main__":
    main()
