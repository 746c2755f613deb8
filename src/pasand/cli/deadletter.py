"""``pasand deadletter``: what could not be used, kept with its original bytes, and replayed."""

from __future__ import annotations

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
    from pasand.bootstrap import Visit
    from pasand.flows.replaying import Replayed
    from pasand.ports import Rejected

__all__ = ["app"]

app = typer.Typer(help="See and replay what could not be used.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="Its number, from `pasand deadletter list`.")]


@app.command("list")
def list_letters(
    limit: Annotated[int, typer.Option(help="How many at most, newest first.", min=1)] = 20,
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,
) -> None:
    """List what was set aside, newest first.

    Example: pasand deadletter list --limit 50 --home ./shop
    """
    from pasand.bootstrap import visit_home

    visit = visit_home(home)
    try:
        letters = visit.stores.log.rejected(limit)
        count = visit.stores.log.rejected_count()
    finally:
        visit.close()
    if json:
        rows = [_as_json(letter) for letter in letters]
        print_figures("deadletter list", [_count(count)], more={"deadletters": rows})
        return
    for letter in letters:
        told = _as_json(letter)
        print(f"{letter.number:>6}  {told['received_at']}  {letter.source}  {letter.reason}")
    say(f"{len(letters):,} of {count:,} shown.")


@app.command("show")
def show(number: Number, home: HomeOption = DEFAULT_HOME, json: JsonOption = False) -> None:
    """Show one: when it came, from whom, what was wrong, and its original bytes.

    Example: pasand deadletter show 7 --home ./shop
    """
    from base64 import b64encode

    from pasand.bootstrap import visit_home

    visit = visit_home(home)
    try:
        letter = _one(visit, number)
    finally:
        visit.close()
    text = letter.body.decode("utf-8", "replace")
    if json:
        body = {"text": text, "base64": b64encode(letter.body).decode()}
        print_figures("deadletter show", [], more={**_as_json(letter), "body": body})
        return
    for name, value in _as_json(letter).items():
        say(f"{name:<12} {value}")
    print(text)


@app.command("replay")
def replay(
    numbers: Annotated[
        list[int] | None, typer.Argument(help="Numbers from `pasand deadletter list`.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Replay every one, oldest first.")] = False,
    fix: Annotated[
        Path | None,
        typer.Option("--fix", help="A file with the corrected JSON of the one number given."),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,
) -> None:
    """Read dead letters again; what works now is appended and leaves, the rest stays.

    Only events that are JSON objects can be replayed; rows of a table are imported again. An
    event counts as of its own time, and never later than when it first came.

    Example: pasand deadletter replay --all --home ./shop
    """
    from pasand.bootstrap import visit_home
    from pasand.errors import InvalidInput
    from pasand.flows.choosing import mappings_in
    from pasand.flows.replaying import Replayer, all_numbers

    wanted = numbers or []
    if bool(wanted) == all_ or (fix is not None and len(wanted) != 1):
        raise InvalidInput(
            "Give numbers, or --all; with --fix one number.",
            field="numbers",
            fix="pasand deadletter list shows them.",
        )
    corrected = None if fix is None else _bytes_of(fix)
    visit = visit_home(home)
    try:
        log, bytes_max = visit.stores.log, visit.settings.limits.event_bytes_max
        for number in wanted:
            _one(visit, number)
        replayer = Replayer(
            log,
            visit.stores.catalog,
            visit.owner,
            visit.stores.clock.now_ms(),
            bytes_max,
            mappings_in(visit.settings),
        )
        if corrected is not None:
            report = replayer.replay_as(_one(visit, wanted[0]), corrected)
        else:
            report = replayer.replay(all_numbers(log) if all_ else wanted, bar("Replaying"))
        visit.owner.refresh()
        left = [one for n in wanted if (one := log.rejected_one(n)) is not None]
        count = log.rejected_count()
    finally:
        visit.close()
    _tell(report, left, count, json)


def _tell(report: Replayed, left: list[Rejected], count: int, json: bool) -> None:
    say(
        f"{report.read:,} replayed: {report.accepted:,} accepted, {report.known:,} known already,"
        f" {report.kept:,} stay. {count:,} dead letters are left."
    )
    for letter in left:
        say(f"  {letter.number}: {letter.reason}")
    if json:
        counts = {"accepted": report.accepted, "known": report.known, "kept": report.kept}
        figures = [figure(f"replayed_{name}", value, "events") for name, value in counts.items()]
        print_figures("deadletter replay", [*figures, _count(count)])


def _count(count: int) -> dict[str, Any]:
    return figure("deadletters", count, "events", "lower")


def _bytes_of(path: Path) -> bytes:
    from pasand.errors import NotFound

    try:
        return path.read_bytes()
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}.", field="fix") from error


def _one(visit: Visit, number: int) -> Rejected:
    from pasand.errors import NotFound

    letter = visit.stores.log.rejected_one(number)
    if letter is None:
        raise NotFound(
            f"There is no dead letter {number}.", field="number", fix="pasand deadletter list"
        )
    return letter


def _as_json(letter: Rejected) -> dict[str, Any]:
    from pasand.domain.times import write_time

    return {
        "number": letter.number,
        "received_at": write_time(letter.received_ms),
        "source": letter.source,
        "reason": letter.reason,
        "field": letter.field,
        "bytes": len(letter.body),
    }
