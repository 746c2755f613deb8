"""``pasand models``: which snapshots there are, which is live, and how to go back."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pasand.cli.options import DEFAULT_HOME, HomeOption, JsonOption, figure, print_figures, say

if TYPE_CHECKING:
    from pasand.flows.promoting import Listed

__all__ = ["app"]

app = typer.Typer(help="See, promote and roll back what was learned.", no_args_is_help=True)


@app.command("list")
def list_(home: HomeOption = DEFAULT_HOME, json: JsonOption = False) -> None:
    """List the snapshots, newest first: state, age, size, quality beside popularity.

    Example: pasand models list --home ./shop
    """
    from pasand.bootstrap import read_home
    from pasand.flows.promoting import listed
    from pasand.settings import load_settings

    stores, database = read_home(home, load_settings(home / "pasand.toml"))
    try:
        found = listed(stores.models, stores.ledger)
        promotions = stores.ledger.promotions()
    finally:
        database.close()
    for row in found:
        say(_line(row))
        for reason in row.reasons:
            say(f"{'':27} {reason}")
    if not found:
        say("Nothing has been learned yet: pasand learn")
    if json:
        from dataclasses import asdict

        more: dict[str, Any] = {
            "snapshots": [asdict(row) for row in found],
            "promotions": [asdict(row) for row in promotions],
        }
        print_figures("models list", [figure("snapshots", len(found), "snapshots")], more=more)


@app.command("promote")
def promote(
    snapshot: Annotated[str, typer.Argument(help="Its id, from `pasand models list`.")],
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,
) -> None:
    """Make a snapshot live; one that has not passed the gate before has to pass it now.

    Example: pasand models promote 3f2a91c07be4d815 --home ./shop
    """
    from pasand.bootstrap import visit_home
    from pasand.cli.gate import examine_in
    from pasand.flows.promoting import may_go_live

    started = time.perf_counter()
    visit = visit_home(home)
    try:
        stores, settings = visit.stores, visit.settings.learn
        now_ms = stores.clock.now_ms()
        examine = examine_in(home, settings)
        before = stores.ledger.live_snapshot()
        may_go_live(stores.models, stores.ledger, snapshot, examine, settings, now_ms)
        visit.owner.promote(snapshot)
    finally:
        visit.close()
    _told("models promote", snapshot, before, started, json)


@app.command("rollback")
def rollback(
    to: Annotated[
        str,
        typer.Option("--to", help="A snapshot that was live once; the one before, if left out."),
    ] = "",
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,
) -> None:
    """Go back to the snapshot that was live before; again, and it goes further back.

    Example: pasand models rollback --home ./shop
    """
    from pasand.bootstrap import visit_home
    from pasand.flows.promoting import before_live

    started = time.perf_counter()
    visit = visit_home(home)
    try:
        ledger = visit.stores.ledger
        before = ledger.live_snapshot()
        snapshot = before_live(ledger, visit.stores.models, to)
        visit.owner.promote(snapshot)
    finally:
        visit.close()
    _told("models rollback", snapshot, before, started, json)


def _told(command: str, snapshot: str, before: str, started: float, json: bool) -> None:
    took_s = time.perf_counter() - started
    say(f"Snapshot {snapshot} is live; before it was {before or 'none'}.")
    if json:
        name = f"{command.rpartition(' ')[2]}_seconds"
        figures = [figure(name, round(took_s, 3), "s", "lower")]
        print_figures(command, figures, more={"snapshot": snapshot, "before": before})


def _line(row: Listed) -> str:
    """Return one snapshot in a line of fixed columns."""
    when = datetime.fromtimestamp(row.created_ms / 1000, UTC)
    quality = "not measured"
    if row.quality:
        quality = f"NDCG@10 {row.quality.ndcg:.4f}, popularity {row.quality.popular_ndcg:.4f}"
    kind = "full" if row.full else "warm"
    return (
        f"{row.snapshot_id}  {row.state:<8}  {when:%Y-%m-%d %H:%M}  {row.byte_count / 1e6:8.1f} MB"
        f"  {kind}  {quality}  {', '.join(row.models)}"
    )
