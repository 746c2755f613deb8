"""RecTools' SASRec and HSTU, trained by RecTools and ranked for every target.

The network, the losses, the batches and the optimiser are the library's own. This file gives it
a clock (a Lightning callback that looks at the validation items after each epoch and at least
every few minutes, keeps the best weights and stops when the time is spent) and asks it for many
prefixes of one history at once, which ``recommend`` cannot: it takes one history a member.
``--options`` may hold ``check``: a number of members whose first ten must then be the library's.
"""

from __future__ import annotations

import logging
import shutil
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from pytorch_lightning import LightningModule, Trainer, seed_everything
from pytorch_lightning.callbacks import Callback
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import HSTUModel, SASRecModel
from rectools.models.nn.item_net import IdEmbeddingsItemNet
from task import Clock, Queries, Task, Work, ndcg_at_10, rank_queries

LOOK_EVERY_S = 300.0


def main() -> None:
    """Train or go on, then rank with the best weights."""
    warnings.simplefilter("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    work = Work()
    work.note(versions={name: version(name) for name in ("rectools", "torch")})
    task = Task.read(work.task_folder, work.timed_request)
    seed_everything(work.seed, verbose=False)
    model, scorer = build(task, work)
    clock_s = train(model, scorer, task, work)
    began_s = time.monotonic()
    load_best(model.lightning_model.to(work.device), work.folder)
    if work.options.get("check"):
        check(model, scorer, task, work.options["check"])
    rank = rank_queries(task.targets, task.item_count, scorer.of(task.targets), told="ranked")
    work.finish(rank, clock_s, began_s)


def build(task: Task, work: Work) -> tuple[Any, Scorer]:
    """Return the library's model with its data prepared, and what scores with it."""
    options = {k: v for k, v in work.options.items() if k not in ("kind", "patience", "check")}
    kind = {"sasrec": SASRecModel, "hstu": HSTUModel}[work.options["kind"]]
    model = kind(
        item_net_block_types=(IdEmbeddingsItemNet,),
        recommend_torch_device=work.device,
        **options,
    )
    # What its fit() does before it trains; the validation items are kept from it beforehand.
    model._build_model_from_dataset(dataset_of(task, task.training(everything=False)))
    return model, Scorer(model, task)


def dataset_of(task: Task, rows: NDArray[np.bool_]) -> Dataset:
    """Return rows of the training events as the library takes them."""
    frame = pd.DataFrame(
        {
            Columns.User: task.member[rows],
            Columns.Item: task.item[rows],
            Columns.Weight: 1.0,
            Columns.Datetime: pd.to_datetime(task.at_ms[rows], unit="ms"),
        }
    )
    return Dataset.construct(frame)


class Scorer:
    """Scores of all items after any prefix of a history, by the library's own network."""

    def __init__(self, model: Any, task: Task) -> None:
        self._model = model
        self._task = task
        preparator = model.data_preparator
        self._known = preparator.get_known_item_ids().astype(np.int64)
        self._place = np.zeros(task.item_count, np.int64)
        self._place[self._known] = preparator.get_known_items_sorted_internal_ids()
        self._length = model.session_max_len

    def of(self, queries: Queries) -> Callable[[NDArray[np.int64]], NDArray[np.float32]]:
        """Return a function of rows of ``queries``."""
        network = self._model.torch_model.eval()
        with torch.no_grad():
            items = network.item_model.get_all_embeddings()

        @torch.no_grad()
        def score(rows: NDArray[np.int64]) -> NDArray[np.float32]:
            network.eval()
            batch = {
                k: torch.as_tensor(v, device=items.device) for k, v in self.batch(queries, rows)
            }
            state = network.encode_sessions(batch, items)[:, -1, :]
            logits = network.similarity_module(state, items).cpu().numpy()
            found = np.full((len(rows), self._task.item_count), np.nan, np.float32)
            found[:, self._known] = logits[:, self._place[self._known]]
            # Without an item it knows the library has no answer; what most take is the usual one.
            unknown = (batch["x"] == 0).all(dim=1).cpu().numpy()
            found[unknown] = self._task.taken
            return found

        return score

    def batch(
        self, queries: Queries, rows: NDArray[np.int64]
    ) -> list[tuple[str, NDArray[np.int64]]]:
        """Return the newest known items of each history, padded on the left as in training."""
        length = self._length
        x = np.zeros((len(rows), length), np.int64)
        at_s = np.zeros((len(rows), length + 1), np.int64)
        at_s[:, -1] = queries.request_at_ms(rows) // 1000
        for r, row in enumerate(rows):
            span = queries.history(row)
            place = self._place[queries.item[span]]
            kept = np.flatnonzero(place)[-length:]
            if len(kept):
                x[r, -len(kept) :] = place[kept]
                at_s[r, -len(kept) - 1 : -1] = queries.at_ms[span][kept] // 1000
            at_s[r, : length - len(kept)] = at_s[r, length - len(kept)]
        if self._model.data_preparator.add_unix_ts:
            return [("x", x), ("unix_ts", at_s)]
        return [("x", x)]


class Watch(Callback):
    """The clock and the validation items, as the trainer's callback."""

    def __init__(self, work: Work, clock: Clock, scorer: Scorer, task: Task) -> None:
        self._work = work
        self._clock = clock
        self._scorer = scorer
        self._task = task
        self._looked_s = clock.spent_s

    def on_train_batch_end(self, trainer: Trainer, module: LightningModule, *_: Any) -> None:
        """Stop when the time is spent; look in between where epochs are long."""
        if self._clock.over:
            self._look(trainer, module, whole=False)
            trainer.should_stop = True
        elif self._clock.spent_s - self._looked_s > LOOK_EVERY_S:
            self._look(trainer, module, whole=False)

    def on_train_epoch_end(self, trainer: Trainer, module: LightningModule) -> None:
        """Look, and write what a later run needs to go on from here."""
        if self._clock.over:
            return
        self._look(trainer, module, whole=True)
        keep_checkpoint(trainer, self._work, self._clock)
        patience = self._work.options.get("patience")
        if patience and looks_since_best(self._work.notes["curve"]) >= patience:
            self._work.note(converged=True)
            trainer.should_stop = True

    def _look(self, trainer: Trainer, module: LightningModule, whole: bool) -> None:
        reached_s = self._clock.spent_s
        queries = self._task.validation
        score = self._scorer.of(queries)
        ndcg = ndcg_at_10(rank_queries(queries, self._task.item_count, score))
        module.train()
        self._looked_s = self._clock.spent_s
        epoch = trainer.current_epoch + (1.0 if whole else part_of_epoch(trainer))
        if self._work.looked(reached_s, ndcg, epoch=round(epoch, 3)):
            save_weights(module, self._work.folder)
        self._work.note()


def part_of_epoch(trainer: Trainer) -> float:
    """Return how much of the epoch is done."""
    return (trainer.fit_loop.epoch_loop.batch_idx + 1) / max(trainer.num_training_batches, 1)


def looks_since_best(curve: list[dict[str, float]]) -> int:
    """Return how many looks at the end of an epoch brought nothing better."""
    whole = [look["ndcg@10"] for look in curve if float(look["epoch"]).is_integer()]
    return len(whole) - 1 - int(np.argmax(whole)) if whole else 0


def train(model: Any, scorer: Scorer, task: Task, work: Work) -> float:
    """Train until the time is spent; return the seconds."""
    clock = work.start()
    checkpoint = go_back(work, clock)
    if clock.over or work.notes.get("converged"):
        return clock.before_s
    trainer = Trainer(
        max_epochs=100_000, accelerator="gpu" if work.device == "cuda" else "cpu", devices=1,
        callbacks=[Watch(work, clock, scorer, task)], logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0,
    )  # fmt: skip
    # A module that says it is fitted keeps the weights it is given.
    model.lightning_model.is_fitted = checkpoint is not None
    trainer.fit(
        model.lightning_model,
        model.data_preparator.get_dataloader_train(),
        ckpt_path=checkpoint,
    )
    return min(clock.spent_s, clock.budget_s)


def keep_checkpoint(trainer: Trainer, work: Work, clock: Clock) -> None:
    """Keep what a later run needs to go on from here; the note makes all of it count at once."""
    name = f"epoch-{trainer.current_epoch + 1}"
    trainer.save_checkpoint(work.folder / f"{name}.ckpt")
    shutil.copyfile(work.folder / "best.npz", work.folder / f"{name}.npz")
    work.note(checkpoint=name, spent_s=clock.spent_s)
    for old in work.folder.glob("epoch-*"):
        if old.stem != name:
            old.unlink()


def go_back(work: Work, clock: Clock) -> Path | None:
    """Forget what was found after the checkpoint to go on from, for its time was not counted."""
    name = work.notes.get("checkpoint")
    work.notes["curve"] = [c for c in work.notes["curve"] if c["second"] <= clock.before_s]
    if name is None:
        return None
    shutil.copyfile(work.folder / f"{name}.npz", work.folder / "best.npz")
    return work.folder / f"{name}.ckpt"


def save_weights(module: LightningModule, folder: Path) -> None:
    """Keep the weights as plain arrays, whole or not at all."""
    draft = folder / "best.part.npz"
    np.savez(draft, **{k: v.detach().cpu().numpy() for k, v in module.state_dict().items()})
    draft.replace(folder / "best.npz")


def load_best(module: LightningModule, folder: Path) -> None:
    """Put the kept weights back."""
    with np.load(folder / "best.npz") as kept:
        module.load_state_dict({name: torch.from_numpy(kept[name]) for name in kept.files})


def check(model: Any, scorer: Scorer, task: Task, count: int) -> None:
    """Hold our first ten against the library's own ``recommend`` for some members."""
    queries = task.validation
    rows = np.arange(min(count, len(queries)))
    members = task.member[queries.place[rows]]
    ours = scorer.of(queries)(rows)
    row, item = queries.entries(rows)
    ours[row, item] = -np.inf
    ours[~np.isfinite(ours)] = -np.inf
    model.is_fitted = True
    context = pd.DataFrame(
        {
            Columns.User: members,
            Columns.Datetime: pd.to_datetime(queries.request_at_ms(rows), unit="ms"),
            Columns.Weight: 1.0,
        }
    )
    needs = {"context": context} if model.require_recommend_context else {}
    found = model.recommend(
        users=members, dataset=dataset_of(task, task.training(everything=False)),
        k=10, filter_viewed=True, **needs,
    )  # fmt: skip
    theirs = found.groupby(Columns.User)[Columns.Item].apply(list)
    same = sum(
        list(np.argsort(-ours[r], kind="stable")[:10]) == theirs[member]
        for r, member in enumerate(members)
    )
    print(f"  first ten alike for {same} of {len(rows)} members", file=sys.stderr, flush=True)
    assert same == len(rows), "our scores are not the library's"


if __name__ == "__main__":
    main()
