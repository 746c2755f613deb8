"""``pasand artwork``: what is in pictures, and where they come from."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pasand.cli import artwork_report, artwork_video
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
    from pasand.domain.picture_facts import PictureFacts
    from pasand.flows.annotating import Annotated as Told
    from pasand.picture_ports import Recogniser

__all__ = ["app"]

app = typer.Typer(help="Recognise what is in pictures, find them in films.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Recognise what is in pictures, find them in films."""


@app.command("annotate")
def annotate(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Pictures, or folders of them; none: a home's own artworks."),
    ] = None,
    models: Annotated[
        Path | None, typer.Option(help="Folder of vision models; the home's when left out.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Of a home: pictures that have facts, too.")
    ] = False,
    expressions: Annotated[
        bool, typer.Option("--expressions", help="Read the expression of faces.")
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,
) -> None:
    """Say what is in pictures, each fact with its confidence; without models, what can be computed.

    With paths, facts are printed. Without, they are written into the catalogue of a home.

    Example: pasand artwork annotate posters/ still.jpg --json
    """
    one_thread_each()
    from pasand.adapters.vision_shelf import ModelShelf
    from pasand.vision_wiring import head_folder, make_recogniser, model_shelf

    shelf = ModelShelf(models) if models else model_shelf(home)
    recogniser = make_recogniser(shelf, head_folder(home), None, expressions, say)
    if paths:
        _pictures(paths, recogniser, json)
    else:
        _catalogue(home, recogniser, again, json)


def _pictures(paths: list[Path], recogniser: Recogniser, json: bool) -> None:
    from pasand.adapters.vision_pictures import opened, pictures_below
    from pasand.domain.picture_facts import facts_to_json
    from pasand.errors import InvalidInput
    from pasand.flows.annotating import annotated_pictures

    every = [path for given in paths for path in pictures_below(given)]
    show, started = bar("Pictures"), time.perf_counter()
    rows: list[dict[str, Any]] = []
    problems: dict[str, str] = {}
    for told in annotated_pictures(every, recogniser, opened):
        if told.facts is None:
            problems[str(told.path)] = told.problem
            say(told.problem)
        else:
            rows.append({"file": str(told.path), **facts_to_json(told.facts)})
            if not json:
                print(_line(told.path, told.facts))
        show(len(rows) + len(problems), len(every))
    took_s = time.perf_counter() - started
    if json:
        figures = _figures(len(rows), len(problems), took_s)
        more = {"pictures": rows, "problems": problems}
        print_figures("artwork annotate", figures, more=more)
    if not rows:
        raise InvalidInput("No picture was annotated.", field="paths")


def _catalogue(home: Path, recogniser: Recogniser, again: bool, json: bool) -> None:
    """Write facts of a home's artworks into its catalogue, a hundred items at a time."""
    from itertools import islice

    from pasand.adapters.vision_pictures import opened
    from pasand.adapters.vision_vectors import VectorFolder
    from pasand.bootstrap import visit_home
    from pasand.flows.annotating import annotated_items
    from pasand.flows.importing import import_parsed

    show, started = bar("Pictures"), time.perf_counter()
    done: list[Told] = []
    visit = visit_home(home)
    try:
        items = list(visit.stores.catalog.items())
        total = sum(len(item.artworks) for item in items)

        def told(one: Told) -> None:
            done.append(one)
            if one.problem:
                say(one.problem)
            show(len(done), total)

        put = VectorFolder(home).put
        changed = annotated_items(items, home / "artwork", recogniser, opened, put, told, again)
        count = 0
        while batch := tuple(islice(changed, 100)):
            now_ms = visit.stores.clock.now_ms()
            count += import_parsed(batch, "annotate", visit.owner, now_ms).kept
        visit.owner.refresh()
    finally:
        visit.close()
    took_s = time.perf_counter() - started
    failed = sum(1 for one in done if one.problem)
    say(f"{len(done) - failed:,} pictures of {count:,} items annotated, {failed:,} could not be.")
    if json:
        figures = [*_figures(len(done) - failed, failed, took_s), figure("items_changed", count)]
        print_figures("artwork annotate", figures)


def _figures(count: int, failed: int, took_s: float) -> list[dict[str, Any]]:
    each_ms = round(1000 * took_s / max(count + failed, 1), 1)
    return [
        figure("pictures_annotated", count, "pictures"),
        figure("pictures_failed", failed, "pictures", "lower"),
        figure("annotate_ms", each_ms, "ms", "lower"),
    ]


def _line(path: Path, facts: PictureFacts) -> str:
    """Return a picture's components in a line, and what nobody was sure of."""
    from pasand.domain.picture_facts import components_of

    unsure = f"  (unsure: {', '.join(facts.unsure)})" if facts.unsure else ""
    return f"{path.name}: {', '.join(components_of(facts)) or 'nothing'}{unsure}"


app.command("from-video")(artwork_video.from_video)
app.command("candidates")(artwork_video.candidates)
app.command("approve")(artwork_video.approve)
app.command("report")(artwork_report.report)
