"""``pasand member``: what is held of a member, and taking all of it away for ever."""

from __future__ import annotations

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
    print_figures,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pasand.bootstrap import Visit

__all__ = ["app", "wait_for_server"]

app = typer.Typer(help="Export and erase what is held of a member.", no_args_is_help=True)

MemberId = Annotated[str, typer.Argument(help="The member's id.")]
Out = Annotated[Path, typer.Option("--out", help="The file to write; it must not exist.")]


@app.command("export")
def export(
    member_id: MemberId, out: Out, home: HomeOption = DEFAULT_HOME, json: JsonOption = False
) -> None:
    """Write everything that is held of a member into one JSON file.

    Example: pasand member export m1 --out m1.json --home ./shop
    """
    from pasand.bootstrap import visit_home
    from pasand.domain.ids import check_id
    from pasand.flows.exporting import exported

    visit = visit_home(home)
    try:
        profile = _profile(visit, check_id(member_id, "member_id"))
        places = visit.keeping.eraser.places
        now_ms = visit.stores.clock.now_ms()
        count = _write(out, exported(places, visit.stores.log, profile, now_ms))
    finally:
        visit.close()
    say(f"{out}: everything that is held of {member_id}, {count:,} records.")
    if json:
        figures = [figure("exported_records", count, "records", bytes=out.stat().st_size)]
        print_figures("member export", figures, more={"member_id": member_id, "file": str(out)})


@app.command("erase")
def erase(
    member_id: MemberId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,
) -> None:
    """Erase a member for ever: nothing more is taken under the id, and no byte of them stays.

    Log, records, profile, dead letters, segments and the backups inside the home are rewritten.
    An erasure that was cut short goes on when the home is next opened.

    Example: pasand member erase m1 --yes --home ./shop
    """
    from pasand.bootstrap import visit_home
    from pasand.domain.ids import check_id

    check_id(member_id, "member_id")
    if not yes:
        typer.confirm(f"Erase {member_id} for ever? There is no way back", abort=True, err=True)
    started = time.perf_counter()
    visit = visit_home(home)
    try:
        if visit.remote is None:
            visit.keeping.eraser.suppress(member_id)
            visit.keeping.finish(lambda name: bar(f"Erasing: {name}"))
        else:
            visit.remote.keep(erase=member_id)
            wait_for_server(visit, lambda: _state(visit, member_id) == "done")
        entry = visit.keeping.eraser.ledger.find(member_id)
    finally:
        visit.close()
    assert entry is not None
    took_s = time.perf_counter() - started
    say(f"{member_id} is erased: {entry.erasure_id} ({took_s:.1f} s).")
    if json:
        figures = [figure("erase_seconds", round(took_s, 3), "s", "lower")]
        more = {"erasure": {"erasure_id": entry.erasure_id, "state": entry.state}}
        print_figures("member erase", figures, more=more)


@app.command("erasures")
def erasures(
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the ledger into this new file.")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,
) -> None:
    """List erasures, or write the ledger to be kept elsewhere: `restore --erasures` reads it.

    The ledger names nobody; but with its key a guess at an id can be tested.

    Example: pasand member erasures --out /backups/erasures.json --home ./shop
    """
    from pasand.bootstrap import visit_home
    from pasand.domain.times import write_time

    visit = visit_home(home)
    try:
        entries = visit.keeping.eraser.ledger.entries()
        if out is not None:
            _write(out, iter([visit.keeping.eraser.ledger.written()]))
    finally:
        visit.close()
    rows = [
        {"erasure_id": e.erasure_id, "state": e.state, "asked_at": write_time(e.asked_ms)}
        for e in entries
    ]
    if json:
        figures = [figure("erasures", len(rows), "erasures")]
        print_figures("member erasures", figures, more={"erasures": rows})
        return
    for row in rows:
        print(f"{row['erasure_id']}  {row['state']:<9}  {row['asked_at']}")
    say(f"{len(rows):,} erasures." + (f" The ledger is in {out}." if out else ""))


def wait_for_server(visit: Visit, done: Callable[[], bool]) -> None:
    """Wait until the server that owns the home has done it.

    Raises:
        StoreUnavailable: it gave up for now; it says why.
    """
    from pasand.errors import StoreUnavailable

    assert visit.remote is not None
    show = bar("The server is at work")
    turns = 0
    while not done():
        state = visit.remote.keep()
        if not state["busy"] and not done():
            raise StoreUnavailable(
                state["trouble"] or "The server has stopped working on it.",
                fix="It goes on with the next `pasand seal`, or when the server starts again.",
            )
        turns += 1
        show(turns, 0)
        time.sleep(0.1)


def _state(visit: Visit, member_id: str) -> str:
    ledger = visit.keeping.eraser.ledger
    ledger.refresh()  # the server has written to it since
    found = ledger.find(member_id)
    return "" if found is None else found.state


def _profile(visit: Visit, member_id: str) -> Any:
    from pasand.flows.choosing import weights_in
    from pasand.flows.keepers import CatalogKeeper
    from pasand.flows.rebuilding import folded

    log, facts = visit.stores.log, CatalogKeeper(visit.stores.catalog, visit.stores.shelf).facts
    return folded(log, member_id, log.last_offset(), facts, weights_in(visit.settings))


def _write(out: Path, pieces: Any) -> int:
    """Write pieces into a new file for its owner alone; return how many there were."""
    import os

    from pasand.errors import InvalidInput

    count = 0
    try:
        with open(out, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            for piece in pieces:
                file.write(piece)
                count += piece != b"\n]}\n"
    except FileExistsError as error:
        raise InvalidInput(f"{out} exists.", field="out", fix="Name a new file.") from error
    return count
