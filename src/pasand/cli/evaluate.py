"""``pasand evaluate``: how well each model ranks what members took next, on data of your own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pasand.cli import evaluate_context, evaluate_page
from pasand.cli.options import JsonOption, bar, print_figures, say

if TYPE_CHECKING:
    from pasand.evaluation.control import Control
    from pasand.evaluation.running import Evaluation
    from pasand.learning.sequence.fitting import Pass

__all__ = ["app"]

#: Models by default; what context and whole pages are worth by commands below it.
app = typer.Typer()
app.command("context")(evaluate_context.context)
app.command("page")(evaluate_page.page)

Protocol = Annotated[
    str, typer.Option(help="How to split: leave-one-out, time, day, session or hidden-items.")
]
Data = Annotated[
    Path | None, typer.Option(help="A folder of a known data set, or a table of events.")
]
RequestTime = Annotated[
    str, typer.Option(help="Whether models know the target's time: known, unknown or both.")
]
Slices = Annotated[
    list[str] | None, typer.Option("--slice", help="A slice to show; again for more.")
]
DayEvents = Annotated[
    int, typer.Option(min=1, help="Protocol day: fewest events that make a day large enough.")
]
Controlled = Annotated[
    bool, typer.Option("--control", help="Run again on dealt targets, to find leaks.")
]
Minutes = Annotated[
    float, typer.Option(min=0, help="Training of the sequence model; 0: while it gains.")
]

REQUEST_TIMES = {"known": ("known",), "unknown": ("unknown",), "both": ("known", "unknown")}


@app.callback(invoke_without_command=True)
def evaluate(
    asked: typer.Context,
    data: Data = None,
    protocol: Protocol = "time",
    models: Annotated[str, typer.Option(help="Models, with commas.")] = "popular,covisit,ease",
    request_time: RequestTime = "known",
    slice_: Slices = None,
    day_events: DayEvents = 20_000,
    control: Controlled = False,
    minutes: Minutes = 0.0,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 1,
    json: JsonOption = False,
    html: Annotated[Path | None, typer.Option(help="Write a report with plots here.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the JSON of --json here too.")] = None,
) -> None:
    """Compare models on held-out events: full ranking, nothing sampled.

    Example: pasand evaluate --data ~/Downloads/ml-1m --protocol time --html report.html
    """
    if asked.invoked_subcommand is not None:
        return
    if data is None:
        raise typer.BadParameter("Name the data.", param_hint="--data")
    from pasand.adapters.interaction_files import read_data
    from pasand.evaluation.control import too_good
    from pasand.evaluation.protocols import check_protocol
    from pasand.evaluation.splits import Rules
    from pasand.flows import evaluating

    wanted = [model.strip() for model in models.split(",") if model.strip()]
    times = _request_times(request_time)
    rules = Rules(day_event_count_min=day_events, seed=seed)
    deep = evaluating.Deep(second_max=60 * minutes, told=_told)
    check_protocol(protocol)
    evaluating.chosen_models(wanted)
    read = read_data(data)
    for note in read.notes:
        say(f"Note: {note}")
    run: Any = {"rules": rules, "seed": seed, "deep": deep, "progress": _Bars()}
    found = evaluating.evaluate(
        read, protocol, wanted, request_times=times, slice_names=slice_ or (), **run
    )
    warnings = [
        f"{model} ranks nearly every target first: was it told?" for model in too_good(found)
    ]
    figures = list(found.figures)
    if control:
        say("Control: the same on targets dealt anew, which no model can foresee.")
        lines = evaluating.control(read, protocol, wanted, **run)
        warnings += _controlled(found, lines, figures)
    if html is not None:
        _report(html, found, warnings)
    _print(found, figures, warnings, as_json=json, out=out)
    if control and warnings:
        raise typer.Exit(1)


def _told(one: Pass) -> None:
    say(f"sequence, pass {one.epoch}: validation NDCG@10 {one.ndcg:.4f} after {one.second:.0f} s")


def _report(path: Path, found: Evaluation, warnings: Sequence[str]) -> None:
    from pasand.cli.evaluation_report import html_report

    path.write_text(html_report(found, warnings), "utf-8")
    say(f"Wrote {path}.")


def _controlled(
    found: Evaluation, lines: Sequence[Control], figures: list[dict[str, Any]]
) -> list[str]:
    """Tell what the control found and add its figures; return a warning for each leak."""
    for line in lines:
        figures += line.figures(found)
        say(f"{line.model:<24} {line.ndcg:.4f}, ceiling of honest models {line.ceiling:.4f}")
    return [
        f"{line.model} foresees targets that were dealt: it was told."
        for line in lines
        if line.leaks
    ]


def _request_times(wanted: str) -> Sequence[str]:
    from pasand.errors import InvalidInput

    if wanted not in REQUEST_TIMES:
        raise InvalidInput(
            f"There is no request time {wanted!r}.",
            field="request-time",
            fix=f"Choose from {', '.join(REQUEST_TIMES)}.",
        )
    return REQUEST_TIMES[wanted]


class _Bars:
    """A bar for each model in turn."""

    def __init__(self) -> None:
        self._model = ""

    def __call__(self, model: str, done: int, total: int) -> None:
        if model != self._model:
            self._model, self._show = model, bar(model)
        self._show(done, total)


def _print(
    found: Evaluation,
    figures: list[dict[str, Any]],
    warnings: Sequence[str],
    *,
    as_json: bool,
    out: Path | None,
) -> None:
    more = {"notes": list(found.data.notes), "warnings": list(warnings)}
    if out is not None:
        from pasand.cli.options import write_figures

        write_figures(out, "evaluate", figures, found.data.hashes, found.seed, more)
        say(f"Wrote {out}.")
    if as_json:
        print_figures("evaluate", figures, found.data.hashes, found.seed, more)
        return
    _tables(found)
    for warning in warnings:
        say(f"Warning: {warning}")


def _tables(found: Evaluation) -> None:
    from pasand.evaluation.tables import slice_names

    split = found.split
    print(f"{found.data.name}, protocol {found.protocol}: {split.rule}")
    print(
        f"{len(split.training):,} events train, {len(split.targets):,} targets;"
        " all items ranked, ties in the order of the file"
    )
    for file, digest in found.data.hashes.items():
        print(f"{file}  sha256 {digest[:16]}")
    for name in slice_names(found.figures):
        _table(found.figures, name)


def _table(figures: Sequence[dict[str, Any]], name: str) -> None:
    from pasand.cli.evaluation_report import SLICES_EXPLAINED
    from pasand.evaluation.tables import SHOWN, label, table, target_count

    rows = table(figures, name)
    width = max([24, *(len(label(row, rows)) + 2 for row in rows)])
    print(f"\n{name}: {target_count(figures, name):,} targets, {SLICES_EXPLAINED[name]}")
    print(
        f"{'':<{width}}{SHOWN[0]:>9}{'95 % interval':>19}" + "".join(f"{m:>13}" for m in SHOWN[1:])
    )
    best = max(row.value(SHOWN[0]) for row in rows)
    for row in rows:
        low, high = row.interval(SHOWN[0]) or (float("nan"), float("nan"))
        mark = "*" if row.value(SHOWN[0]) == best and best > 0 else " "
        cells = "".join(f"{row.value(metric):>13.4f}" for metric in SHOWN[1:])
        between = f"{low:.4f} to {high:.4f}"
        print(f"{label(row, rows):<{width}}{row.value(SHOWN[0]):>9.4f}{mark}{between:>18}{cells}")
