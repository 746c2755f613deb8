"""``pasand learn``: train on the log, and promote the snapshot where it passes the gate."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pasand.cli.options import (
    DEFAULT_HOME,
    HomeOption,
    JsonOption,
    bar,
    figure,
    one_thread_each,
    print_figures,
    say,
)

if TYPE_CHECKING:
    from pasand.flows.gating import Quality
    from pasand.flows.learning import Learned

__all__ = ["in_words", "learn"]

DAY_MS = 86_400_000

_POLL_S = 30.0
#: After a failure the schedule waits; a refused snapshot waits for its next turn by itself.
_RETRY_S = 900.0


def learn(
    home: HomeOption = DEFAULT_HOME,
    nice: Annotated[
        int, typer.Option(min=0, max=19, help="How far it stands back for a running server.")
    ] = 10,
    full: Annotated[
        bool, typer.Option("--full", help="Train everything anew, whatever the schedule says.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Stay, and learn by the schedule of [learn].")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Learn from everything logged so far; a running server picks the result up.

    Beside a server, and with --watch, it runs at a lower priority and on one core. What was
    learned goes live if it passes the gate; else what is live stays, and the exit code is 3.

    Example: pasand learn --home ./shop
    """
    from pasand.adapters.home_lock import owner_of

    if watch or owner_of(home).get("url"):
        one_thread_each()
        os.nice(nice)
    if watch:
        _watch(home)
        return
    started = time.perf_counter()
    learned = _learn_once(home, full)
    took_s = time.perf_counter() - started
    _tell(learned, took_s)
    if json:
        count = learned.interaction_count
        figures = [figure("learn_seconds", round(took_s, 3), "s", "lower", interactions=count)]
        if learned.quality:
            figures += _quality_figures(learned.quality)
        more = {"snapshot": learned.snapshot_id, "models": learned.models}
        print_figures("learn", figures, more=more)


def _learn_once(home: Path, full: bool) -> Learned:
    """Train, pass the gate, promote, and remove what nothing needs any more.

    Raises:
        SnapshotRefused: it did not pass; what is live stays.
        HomeBusy: another process owns the home without serving, or is learning.
    """
    from pasand.adapters.training_folder import TrainingFolder
    from pasand.bootstrap import visit_home
    from pasand.cli.gate import gate_of
    from pasand.errors import SnapshotRefused
    from pasand.flows.choosing import weights_in
    from pasand.flows.learning import learn as learn_models
    from pasand.flows.promoting import due, prune
    from pasand.flows.teaching import Run

    visit = visit_home(home)
    show = bar("Learning")
    training = None
    try:
        training = TrainingFolder(home)
        stores, settings = visit.stores, visit.settings.learn
        stores.models.sweep()
        catalog, now_ms = visit.catalog(), stores.clock.now_ms()
        run = Run(
            now_ms,
            stores.ledger.live_snapshot(),
            full or due(stores.models, settings, now_ms) == "full",
            training,
            gate_of(home, stores, visit.settings, catalog),
        )
        try:
            learned = learn_models(
                stores.log,
                catalog,
                stores.models,
                settings,
                weights_in(visit.settings),
                lambda what, done, total: show(done, total),
                run,
            )
        except SnapshotRefused:
            training.clear()
            raise
        visit.owner.promote(learned.snapshot_id)
        visit.owner.refresh()
        training.clear()
        prune(stores.models, stores.ledger, now_ms, settings.keep)
    finally:
        if training is not None:
            training.release()
        visit.close()
    return learned


def _watch(home: Path) -> None:
    """Learn whenever it is due, until stopped; what goes wrong is told and waits for its turn."""
    from pasand.errors import PasandError

    say(f"Learning by schedule in {home} (Ctrl-C stops it).")
    failed_s = 0.0
    try:
        while True:
            try:
                wanted = _due(home)
                if wanted and time.monotonic() >= failed_s:
                    started = time.perf_counter()
                    learned = _learn_once(home, full=wanted == "full")
                    _tell(learned, time.perf_counter() - started)
            except PasandError as error:
                say(f"pasand: {error}")
                failed_s = time.monotonic() + _RETRY_S
            time.sleep(_POLL_S)
    except KeyboardInterrupt:
        say("Stopped.")


def _due(home: Path) -> str:
    """Return which training is due, without owning the home."""
    from pasand.bootstrap import read_home
    from pasand.flows.promoting import due
    from pasand.settings import load_settings

    settings = load_settings(home / "pasand.toml")
    stores, database = read_home(home, settings)
    try:
        shift = stores.ledger.note("clock_shift_ms") if settings.clock == "data" else ""
        now_ms = stores.clock.now_ms() + int(shift or 0)
        return due(stores.models, settings.learn, now_ms)
    finally:
        database.close()


def _tell(learned: Learned, took_s: float) -> None:
    say(
        f"Learned from {learned.interaction_count:,} interactions of {learned.member_count:,}"
        f" members with {learned.item_count:,} items in {took_s:.1f} s;"
        f" snapshot {learned.snapshot_id} ({', '.join(learned.models)}) is live."
    )
    if learned.quality is None:
        say("There is too little in the log to tell how good it is.")
    else:
        say(in_words(learned.quality))


def in_words(quality: Quality) -> str:
    """Return how good a snapshot is, beside popularity."""
    ratio = quality.ndcg / quality.popular_ndcg if quality.popular_ndcg else 0.0
    days = (quality.stretch.until_ms - quality.stretch.after_ms) / DAY_MS
    when = "the last week" if days == 7.0 else f"the last {days:.1f} days"
    return (
        f"NDCG@10 {quality.ndcg:.4f} on {quality.target_count:,} titles taken in {when}, held out;"
        f" popularity has {quality.popular_ndcg:.4f}" + (f" ({ratio:.2f} x)." if ratio else ".")
    )


def _quality_figures(quality: Quality) -> list[dict[str, Any]]:
    at: dict[str, Any] = {"slice": "gate", "targets": quality.target_count}
    return [
        figure("ndcg@10", round(quality.ndcg, 5), "", model="snapshot", **at),
        figure("ndcg@10", round(quality.popular_ndcg, 5), "", model="popular", **at),
        figure("coverage@50", round(quality.coverage, 4), "", model="snapshot", **at),
    ]
