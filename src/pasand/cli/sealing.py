"""``pasand seal``: days that are over become segments, and old bulky events go."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from pasand.cli.member import wait_for_server
from pasand.cli.options import (
    DEFAULT_HOME,
    HomeOption,
    JsonOption,
    bar,
    figure,
    print_figures,
    say,
)

__all__ = ["seal"]


def seal(
    verify: Annotated[
        bool, typer.Option("--verify", help="Check every segment; write damaged ones again.")
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,
) -> None:
    """Seal the days that are over as Parquet files, and let go of old events by [retention].

    A server does so by itself once a day. Open erasures are finished first.

    Example: pasand seal --home ./shop
    """
    from pasand.bootstrap import visit_home

    started = time.perf_counter()
    visit = visit_home(home)
    try:
        before = {segment.name for segment in visit.keeping.segments.segments()}
        events = visit.stores.log.count()
        if visit.remote is None:
            visit.keeping.seal(lambda name: bar(name.capitalize()), verify=verify)
        else:
            visit.remote.keep(seal=True, verify=verify)
            remote = visit.remote
            wait_for_server(visit, lambda: not remote.keep()["busy"])
        segments = visit.keeping.segments.segments()
        gone = max(0, events - visit.stores.log.count())
    finally:
        visit.close()
    written = len({segment.name for segment in segments} - before)
    took_s = time.perf_counter() - started
    say(f"{written:,} segments written, {len(segments):,} in all; {gone:,} events let go.")
    if json:
        figures = [
            figure("segments_written", written, "segments", seconds=round(took_s, 3)),
            figure("segments", len(segments), "segments"),
            figure("events_let_go", gone, "events"),
        ]
        rows = [
            {"name": one.name, "first_offset": one.first_offset, "last_offset": one.last_offset}
            for one in segments
        ]
        print_figures("seal", figures, more={"segments": rows})
