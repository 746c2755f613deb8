"""Our own models on a row, trained and ranked by the code that ``pasand evaluate`` runs.

It cuts the split anew, with all that the data know (devices, shares watched), and makes sure that
it is the one the peers were handed. The sequence model is held to the peers' rule: the best pass
by the validation items. ``refit`` lets it go on over everything afterwards, as it is shipped;
``content`` gives it the items' words. What a fusion rehearses is paid from the same minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from splitting import exported
from task import TELL_EVERY_S, Clock, Work, machine_s

from pasand import __version__
from pasand.adapters.interaction_files import read_data
from pasand.evaluation.ranking import rank_targets
from pasand.evaluation.splits import Split
from pasand.flows.evaluating import MODELS, REHEARSAL_SHARE, Deep, Workshop
from pasand.learning.sequence.settings import SequenceShape, SequenceTraining

#: What a fusion's other parts take of its minutes, at most.
OTHER_PARTS_SHARE = 0.1


def main() -> None:
    """Train one model, rank every target."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--protocol", required=True)
    given, rest = parser.parse_known_args()
    work = Work(rest)
    work.note(versions={"pasand": __version__})
    data = read_data(given.data)
    split, folder = exported(data, given.protocol, work.task_folder.resolve().parents[1])
    assert folder == work.task_folder.resolve(), "the split is not the one the peers were handed"
    clock = work.start()
    given_deep = deep(split, given.data, work, clock)
    workshop = Workshop(split.training, split.live, work.seed, given_deep, data.genres)
    ranker = MODELS[work.options["model"]](workshop)
    train_s = clock.spent_s
    began_s = time.monotonic()
    ranked = rank_targets(
        ranker,
        split.targets,
        len(split.training.item_ids),
        teller(),
        request_time_known=work.timed_request and split.timed,
        before_all_ms=split.last_training_ms,
        among=split.among,
    )
    work.finish(np.asarray(ranked.rank), train_s, began_s)


def deep(split: Split, data: Path, work: Work, clock: Clock) -> Deep:
    """Return what a sequence model is given: the budget, going on from a checkpoint of it.

    Its learning rate is planned for the whole budget, so a larger one begins anew. A fusion's
    rehearsal and its other parts are paid from the same budget.
    """
    budget_s = 60.0 * work.minutes
    if work.options["model"].endswith("+fusion"):
        budget_s *= (1.0 - OTHER_PARTS_SHARE) / (1.0 + REHEARSAL_SHARE)
    training = SequenceTraining(seed=work.seed)
    if not work.options.get("refit"):
        training = replace(training, refit_share=0.0)
    if "patience" in work.options:
        # No end but the validation items': the time limit would shape the learning rate.
        budget_s = 0.0
        training = replace(training, epoch_max=200, patience=work.options["patience"])
    folder = work.folder / f"budget-{work.minutes:g}"
    (folder / "rehearsal").mkdir(parents=True, exist_ok=True)
    shape = SequenceShape()
    content = None
    if work.options.get("content"):
        content = content_of_items(split, data, shape.content_width)

    def told(one: Any) -> None:
        if work.options["model"] == "sequence":
            # A pass that was told before a kill and not yet kept comes again.
            work.notes["curve"] = [c for c in work.notes["curve"] if c["epoch"] < one.epoch]
            work.looked(one.second, one.ndcg, epoch=one.epoch)
        else:
            # In a fusion it is the quality of one part, and no curve of the whole.
            print(f"  {one}", file=sys.stderr, flush=True)
        work.note(spent_s=clock.spent_s)

    return Deep(
        budget_s, shape, training, content, folder=folder, told=told,
        # Our training runs on the processor, on a machine with a card too.
        timer=machine_s,
    )  # fmt: skip


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
