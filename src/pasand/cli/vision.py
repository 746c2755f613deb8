"""``pasand vision``: the models that look at pictures, and heads of one's own on top of them."""

from __future__ import annotations

import time
from pathlib import Path
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

__all__ = ["app"]

app = typer.Typer(help="Bring vision models, and train heads on them.", no_args_is_help=True)


@app.command("list")
def list_(home: HomeOption = DEFAULT_HOME, json: JsonOption = False) -> None:
    """List the models there are: what each does, its licence, whether a home has it.

    Example: pasand vision list --home ./shop
    """
    from pasand.adapters.vision_shelf import known_models
    from pasand.vision_wiring import model_shelf

    shelf = model_shelf(home)
    rows = []
    for model in known_models().values():
        here = shelf.find(model.name) is not None
        rows.append({"name": model.name, "job": model.job, "licence": model.licence, "here": here})
        mark = "here" if here else "-"
        say(f"{model.name:<22}{mark:<6}{model.job:<12}{model.licence:<28}{model.about}")
    if json:
        count = sum(1 for row in rows if row["here"])
        print_figures(
            "vision list", [figure("models_here", count, "models")], more={"models": rows}
        )


@app.command("fetch")
def fetch(
    names: Annotated[
        list[str] | None, typer.Argument(help="Models; the small ones when left out.")
    ] = None,
    source: Annotated[
        Path | None, typer.Option("--from", help="A folder to take them from instead.")
    ] = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Take a file whose sha256 nobody has said.")
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,
) -> None:
    """Bring models into a home, from their addresses or a folder; each is checked by its sha256.

    Example: pasand vision fetch --from ../models --home ./shop
    """
    from pasand.adapters.vision_shelf import download, known_models
    from pasand.errors import NotFound
    from pasand.vision_wiring import model_shelf

    shelf, brought = model_shelf(home), []
    small = [model.name for model in known_models().values() if model.job != "words"]
    for name in names or small:
        try:
            files = shelf.bring(name, source, download, trust)
        except NotFound as error:
            # Of the small ones any may lack: another does its job less well.
            if names:
                raise
            say(f"{name}: {error}")
            continue
        brought.append(name)
        size = sum(path.stat().st_size for path in files.values()) / 1e6
        say(f"{name}: {len(files)} files, {size:.1f} MB")
    if json:
        figures = [figure("models_fetched", len(brought), "models")]
        print_figures("vision fetch", figures, more={"models": brought})


@app.command("check")
def check(home: HomeOption = DEFAULT_HOME, json: JsonOption = False) -> None:
    """Check that a home's models are what they should be, and that each of them runs.

    Example: pasand vision check --home ./shop
    """
    one_thread_each()
    from pasand.adapters.vision_shelf import known_models
    from pasand.errors import OperatorError
    from pasand.vision_wiring import head_folder, make_eyes, model_shelf

    shelf, problems = model_shelf(home), []
    names = [name for name in known_models() if shelf.find(name)]
    for name in names:
        problem = shelf.damage(name)
        say(f"{name}: {problem or 'as it should be'}")
        problems += [f"{name}: {problem}"] if problem else []
    make_eyes(shelf, head_folder(home), True, problems.append)
    if not names:
        say("There are no models here: pasand vision fetch")
    if json:
        figures = [figure("models_checked", len(names), "models")]
        figures.append(figure("models_damaged", len(problems), "models", "lower"))
        print_figures("vision check", figures, more={"problems": problems})
    if problems:
        raise OperatorError("; ".join(problems), fix="Fetch them again: pasand vision fetch.")


@app.command("train")
def train(
    kind: Annotated[str, typer.Argument(help="What to tell: mood, genre or class.")],
    folder: Annotated[
        Path,
        typer.Argument(help="Pictures with labels.csv; for class, a folder of each class."),
    ],
    models: Annotated[
        Path | None, typer.Option(help="Folder of vision models; the home's when left out.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Which pictures are judged together.")] = 1,
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,
) -> None:
    """Train a head on labelled pictures: their mood, their genres, or a shop's classes.

    labels.csv names each file; for mood, valence_mean and arousal_mean from 1 to 7, and theme
    where pictures belong together; for genre, genres with | between. The head is judged on
    pictures it has not seen, kept in the home, and used from then on.

    Example: pasand vision train mood photos/ --home ./shop
    """
    one_thread_each()
    from pasand.adapters.picture_labels import read_labels
    from pasand.adapters.vision_pictures import opened
    from pasand.adapters.vision_shelf import ModelShelf
    from pasand.flows.training_heads import judged, labelled_by
    from pasand.learning.picture_heads import fit_head
    from pasand.stages.recognise.heads import head_arrays
    from pasand.vision_wiring import head_folder, make_learner, model_shelf

    started = time.perf_counter()
    labels = read_labels(kind, folder)
    shelf = ModelShelf(models) if models else model_shelf(home)
    learner, model = make_learner(shelf)
    show = bar("Pictures")
    given = labelled_by(labels, learner, opened, lambda done: show(done, len(labels.paths)), say)
    fitted = fit_head(given, seed, model)
    head_folder(home).save(kind, *head_arrays(fitted.head))
    figures = [
        figure(name, round(value, 4), "", pictures=len(given.signals), seed=seed)
        for name, value in judged(given, fitted.unseen).items()
    ]
    for one in figures:
        say(f"{one['name']}: {one['value']:.3f} on pictures not seen")
    if json:
        figures.append(figure("train_s", round(time.perf_counter() - started, 1), "s", "lower"))
        print_figures("vision train", figures, seed=seed)
