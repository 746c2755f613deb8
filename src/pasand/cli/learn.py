"""``pasand learn``: train on the log and promote the snapshot that passed the gate."""

from __future__ import annotations

import os
import time
from typing import Annotated

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

__all__ = ["learn"]


def learn(
    home: HomeOption = DEFAULT_HOME,
    nice: Annotated[
        int, typer.Option(min=0, max=19, help="How far it stands back for a running server.")
    ] = 10,
    json: JsonOption = False,
) -> None:
    """Learn from everything logged so far; a running server picks the result up.

    Beside a server it runs at a lower priority and on one core.

    Example: pasand learn --home ./shop
    """
    from pasand.adapters.home_lock import owner_of

    if owner_of(home).get("url"):
        one_thread_each()
        os.nice(nice)
    from pasand.bootstrap import visit_home
    from pasand.flows.choosing import weights_in
    from pasand.flows.learning import learn as learn_models

    started = time.perf_counter()
    show = bar("Learning")
    visit = visit_home(home)
    try:
        learned = learn_models(
            visit.stores.log,
            visit.catalog(),
            visit.stores.models,
            visit.settings.learn,
            weights_in(visit.settings),
            lambda what, done, total: show(done, total),
        )
        visit.owner.promote(learned.snapshot_id)
        visit.owner.refresh()
    finally:
        visit.close()
    took_s = time.perf_counter() - started
    say(
        f"Learned from {learned.interaction_count:,} interactions of {learned.member_count:,}"
        f" members with {learned.item_count:,} items in {took_s:.1f} s;"
        f" snapshot {learned.snapshot_id} is live."
    )
    if json:
        count = learned.interaction_count
        figures = [figure("learn_seconds", round(took_s, 3), "s", "lower", interactions=count)]
        print_figures("learn", figures, more={"snapshot": learned.snapshot_id})
