"""What every model of a comparison is handed, and the clock and notebook it works by.

The split was cut by Pasand's own evaluation code (``splitting.py``) and lies in a folder as plain
NumPy files, which both environments read. Ranking is Pasand's too: ``rank_of_target``.

A model's script reads ``Task``, spends its ``Clock`` on training and on choosing among what it
trained, by the validation items, and writes the rank of every target. The clock is saved with
each checkpoint, so that a budget may be spent over several runs.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from pasand.evaluation.ranking import rank_of_target

__all__ = [
    "Clock",
    "Queries",
    "Task",
    "Work",
    "machine_s",
    "ndcg_at_10",
    "rank_queries",
    "write_whole",
]

TELL_EVERY_S = 15.0

Score = Callable[[NDArray[np.int64]], NDArray[np.float32]]


@dataclass(frozen=True)
class Queries:
    """Moments at which all items are ranked for one wanted item.

    ``item`` and ``at_ms`` are events member by member; query i wants entry ``place[i]``, and what
    lies between ``first[i]`` and it is the history. Without ``timed_request`` the moment of the
    request is hidden: it then is that of the history's last event.
    """

    item: NDArray[np.int32]
    at_ms: NDArray[np.int64]
    first: NDArray[np.int64]
    place: NDArray[np.int64]
    timed_request: bool = True

    def __len__(self) -> int:
        return len(self.place)

    def wanted(self, rows: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return the item wanted by each row."""
        return self.item[self.place[rows]]

    def request_at_ms(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return when each row asks, as far as that is known."""
        place = self.place[rows]
        if not self.timed_request:
            place = np.maximum(place - 1, self.first[rows])
        return self.at_ms[place]

    def history(self, row: int) -> slice:
        """Return where the history of one row lies."""
        return slice(int(self.first[row]), int(self.place[row]))

    def entries(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return every event of the rows' histories: the row's place among them, and the item."""
        spans = [self.history(row) for row in rows]
        count = np.array([span.stop - span.start for span in spans], np.int64)
        items = [self.item[span] for span in spans] or [np.empty(0, np.int32)]
        return np.repeat(np.arange(len(rows)), count), np.concatenate(items)


@dataclass(frozen=True)
class Task:
    """A split: what trains, member by member, and what is asked."""

    member: NDArray[np.int32]
    item: NDArray[np.int32]
    at_ms: NDArray[np.int64]
    validates: NDArray[np.bool_]
    item_count: int
    timed: bool
    targets: Queries
    validation: Queries

    @classmethod
    def read(cls, folder: Path, timed_request: bool) -> Task:
        """Read the files of ``splitting.py``."""

        def array(name: str) -> NDArray[Any]:
            found: NDArray[Any] = np.load(folder / f"{name}.npy", mmap_mode="r")
            return found

        facts = json.loads((folder / "facts.json").read_text("utf-8"))
        known = timed_request and facts["timed"]
        train = array("train_item"), array("train_at_ms")
        return cls(
            member=array("train_member"),
            item=train[0],
            at_ms=train[1],
            validates=array("train_validates"),
            item_count=facts["item_count"],
            timed=facts["timed"],
            targets=Queries(
                array("sequence_item"), array("sequence_at_ms"),
                array("target_first"), array("target_place"), known,
            ),
            validation=Queries(
                *train, array("validation_first"), array("validation_place"), known
            ),
        )  # fmt: skip

    def training(self, everything: bool) -> NDArray[np.bool_]:
        """Return which rows train: all, or all but every member's validation item."""
        return np.ones(len(self.item), bool) if everything else ~self.validates

    @cached_property
    def taken(self) -> NDArray[np.float32]:
        """Return how often each item was taken, validation items left out."""
        rows = self.training(everything=False)
        return np.bincount(self.item[rows], minlength=self.item_count).astype(np.float32)


def rank_queries(
    queries: Queries, item_count: int, score: Score, *, row_count_max: int = 256, told: str = ""
) -> NDArray[np.float32]:
    """Return the rank of each query's wanted item among all that its history does not hold.

    ``score`` gets places of queries and returns a row of scores for each, NaN where a model has
    none: such items are ranked below all others, alike.
    """
    rank = np.empty(len(queries), np.float32)
    tell_s = time.monotonic() + TELL_EVERY_S
    for low in range(0, len(queries), row_count_max):
        rows = np.arange(low, min(low + row_count_max, len(queries)))
        scores = floored(score(rows), item_count)
        scores[queries.entries(rows)] = -np.inf
        rank[rows] = rank_of_target(scores, queries.wanted(rows))
        if told and (rows[-1] + 1 == len(queries) or time.monotonic() > tell_s):
            tell_s = time.monotonic() + TELL_EVERY_S
            print(f"  {told} {rows[-1] + 1:,} of {len(queries):,}", file=sys.stderr, flush=True)
    return rank


def floored(scores: NDArray[np.float32], item_count: int) -> NDArray[np.float32]:
    """Return the scores with one below all others in place of those that are missing."""
    assert scores.shape[1] == item_count, "a column for every item is needed"
    missing = ~np.isfinite(scores)
    if not missing.any():
        return np.array(scores, np.float32)
    low = np.where(missing, np.inf, scores).min(axis=1, keepdims=True)
    low = np.where(np.isfinite(low), low - 1.0 - np.abs(low), 0.0)
    return np.where(missing, low, scores).astype(np.float32)


def ndcg_at_10(rank: NDArray[np.floating]) -> float:
    """Return the mean NDCG@10 of ranks, each of the one relevant item."""
    gain = np.where(rank <= 10, 1.0 / np.log2(1.0 + rank), 0.0)
    return float(gain.mean()) if len(gain) else 0.0


def machine_s() -> float:
    """Return seconds of the whole machine that this process has had: of all its cores together.

    What another process takes of the machine meanwhile is not counted, so that models may be
    trained side by side, a core each, or alone on all cores, and have had the same.
    """
    return time.process_time() / (os.cpu_count() or 1)


@dataclass
class Clock:
    """Seconds spent of a budget, those of earlier runs included.

    ``timer`` tells them: ``machine_s`` where a processor does the work, the time of day where a
    card does.
    """

    budget_s: float
    before_s: float = 0.0
    timer: Callable[[], float] = machine_s
    began_s: float = field(init=False)

    def __post_init__(self) -> None:
        self.began_s = self.timer()

    @property
    def spent_s(self) -> float:
        """Return the seconds spent so far."""
        return self.before_s + self.timer() - self.began_s

    @property
    def over(self) -> bool:
        """Return whether the budget is spent."""
        return self.spent_s >= self.budget_s


class Work:
    """One model's run: its folder, its options, its clock and what it noted so far."""

    def __init__(self, arguments: list[str] | None = None) -> None:
        parser = argparse.ArgumentParser()
        parser.add_argument("--task", type=Path, required=True)
        parser.add_argument("--run", type=Path, required=True)
        parser.add_argument("--minutes", type=float, required=True)
        parser.add_argument("--options", type=json.loads, required=True)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--timed-request", action="store_true")
        parser.add_argument("--device", default="cpu")
        given = parser.parse_args(arguments)
        self.folder: Path = given.run
        self.task_folder: Path = given.task
        self.options: dict[str, Any] = given.options
        self.seed: int = given.seed
        self.minutes: float = given.minutes
        self.timed_request: bool = given.timed_request
        self.device: str = given.device
        self.timer = time.monotonic if given.device == "cuda" else machine_s
        self._held = held(self.folder / "lock")
        self.notes: dict[str, Any] = {"spent_s": 0.0, "curve": []}
        if (self.folder / "notes.json").exists():
            self.notes |= json.loads((self.folder / "notes.json").read_text("utf-8"))

    def start(self) -> Clock:
        """Start the clock where the last checkpoint left it."""
        return Clock(60.0 * self.minutes, self.notes["spent_s"], self.timer)

    def note(self, **found: Any) -> None:
        """Write down what was found, whole or not at all."""
        self.notes |= found
        write_whole(self.folder / "notes.json", json.dumps(self.notes, indent=1).encode())

    def looked(self, second: float, ndcg: float, **more: Any) -> bool:
        """Note what the validation items said of a model; return whether it is the best so far."""
        curve = self.notes["curve"]
        best = all(ndcg > look["ndcg@10"] for look in curve)
        curve.append({"second": round(second, 1), "ndcg@10": round(ndcg, 6)} | more)
        print(f"  {curve[-1]}", file=sys.stderr, flush=True)
        return best

    def finish(self, rank: NDArray[np.floating], clock_s: float, began_s: float) -> None:
        """Hand over the ranks; their file is what says that this budget is spent."""
        draft = self.folder / "rank.part.npy"
        np.save(draft, rank.astype(np.float32))
        done = {
            "train_seconds": round(clock_s, 1),
            "rank_seconds": round(time.monotonic() - began_s, 1),
            "curve": self.notes["curve"],
            "chosen": self.notes.get("chosen"),
            "versions": self.notes.get("versions", {}),
        }
        write_whole(
            self.folder / f"done-{self.minutes:g}.json", json.dumps(done, indent=1).encode()
        )
        draft.replace(self.folder / f"rank-{self.minutes:g}.npy")


def held(path: Path) -> TextIO:
    """Return an open file that is locked until this process ends."""
    file = path.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SystemExit(f"Another process is at work in {path.parent}.") from None
    return file


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader finds the old content or the new, never a part."""
    draft = path.with_name(f"{path.name}.part")
    draft.write_bytes(content)
    draft.replace(path)
