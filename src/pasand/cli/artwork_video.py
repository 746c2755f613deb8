"""``pasand artwork from-video``, ``candidates`` and ``approve``: artwork out of films."""

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
    one_thread_each,
    print_figures,
    say,
)

if TYPE_CHECKING:
    from pasand.adapters.still_folder import FolderOfStills
    from pasand.bootstrap import Visit
    from pasand.domain.catalog import Item
    from pasand.flows.film_stills import Still, Stills
    from pasand.video_ports import FrameReader, StillWitness

__all__ = ["approve", "candidates", "from_video"]

TitleOption = Annotated[str, typer.Option("--title", help="Id of the title.")]
_FOLDER = "artwork-candidates"
_WIDTH = 1_920


def from_video(
    file: Annotated[Path, typer.Argument(help="The film: MP4, WebM, Matroska.")],
    title: TitleOption = "",
    count: Annotated[int, typer.Option(min=1, max=100, help="Stills at most.")] = 12,
    out: Annotated[
        Path | None, typer.Option("--out", help="A folder instead of a home's queue.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, max=16, help="Threads that decode.")] = 2,
    models: Annotated[
        Path | None, typer.Option(help="Folder of vision models; the home's when left out.")
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,
) -> None:
    """Find stills in a film: the best frame of each shot, filtered, varied, cropped.

    They wait for approval; nothing is shown to members before. A contact sheet is drawn of them.

    Example: pasand artwork from-video trailer.mp4 --title t1 --home ./movies
    """
    one_thread_each()
    from pasand.adapters.still_folder import FolderOfStills
    from pasand.adapters.video_pyav import PyavFrameReader
    from pasand.errors import InvalidInput
    from pasand.flows.film_stills import stills_of

    if not title and out is None:
        raise InvalidInput("No title is named.", field="title", fix="--title t1, or --out FOLDER.")
    if out is None:
        _must_know(home, title)
    folder = FolderOfStills(out or home / _FOLDER)
    reader, started = PyavFrameReader(file, threads=threads), time.perf_counter()
    try:
        found = stills_of(reader, _witness(home, models), count, bar("Frames"))
        entries = _keep(found, reader, folder, title or file.stem, file.name)
    finally:
        reader.close()
    took_s = time.perf_counter() - started
    sheet = folder.sheet(title or file.stem)
    say(
        f"{len(found.scan.times):,} frames, {len(found.scan.shots)} shots,"
        f" {len(entries)} stills in {took_s:.1f} s. Look at {sheet}"
    )
    for why, times in sorted(found.refused.items()):
        say(f"  left out {times}: {why}")
    if json:
        figures = [
            figure("film_frames", len(found.scan.times), "frames"),
            figure("film_shots", len(found.scan.shots), "shots"),
            figure("film_stills", len(entries), "stills"),
            figure("film_seconds", round(took_s, 2), "s", "lower"),
        ]
        more: dict[str, Any] = {"candidates": entries, "refused": found.refused}
        print_figures("artwork from-video", figures, more=more)


def candidates(
    title: TitleOption, home: HomeOption = DEFAULT_HOME, json: JsonOption = False
) -> None:
    """List a title's stills with their reasons, and what became of them.

    Example: pasand artwork candidates --title t1 --home ./movies
    """
    from pasand.adapters.still_folder import FolderOfStills

    entries = FolderOfStills(home / _FOLDER).entries(title)
    for entry in entries:
        print(f"{entry['candidate_id']}  {entry['state']:<9} {'; '.join(entry['reasons'])}")
    if json:
        figures = [figure("candidates", len(entries), "stills")]
        print_figures("artwork candidates", figures, more={"candidates": entries})


def approve(
    chosen: Annotated[list[str], typer.Argument(help="Ids of candidates.")],
    title: TitleOption,
    shape: Annotated[str, typer.Option(help="card, billboard or poster.")] = "card",
    refuse: Annotated[bool, typer.Option("--refuse", help="Turn them down instead.")] = False,
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,
) -> None:
    """Make stills artworks of their title, or turn them down.

    Example: pasand artwork approve 5c1f09aa --title t1 --home ./movies
    """
    from pasand.adapters.still_folder import FolderOfStills
    from pasand.bootstrap import visit_home
    from pasand.errors import InvalidInput
    from pasand.picture_wiring import pictures_of
    from pasand.stages.film.cropping import SHAPES

    if shape not in SHAPES:
        raise InvalidInput(f"shape is {shape[:40]}.", field="shape", fix=", ".join(SHAPES))
    folder = FolderOfStills(home / _FOLDER)
    taken: list[str] = []
    if refuse:
        for candidate_id in chosen:
            folder.picture(title, candidate_id, shape)
            folder.set_state(title, candidate_id, "refused")
    else:
        visit = visit_home(home)
        pictures = pictures_of(home, visit.settings.pictures)
        try:
            from pasand.flows.approving import approve_stills

            now_ms = visit.stores.clock.now_ms()
            item = _item_of(visit, title)
            taken = approve_stills(item, visit.owner, now_ms, pictures, folder, chosen, shape)
        finally:
            pictures.close()
            visit.close()
    say(f"{len(chosen)} {'turned down' if refuse else 'approved'} for {title}.")
    if json:
        more = {"artworks": taken, "refused": chosen if refuse else []}
        print_figures("artwork approve", [figure("approved", len(taken), "artworks")], more=more)


def _item_of(visit: Visit, title: str) -> Item:
    """Return the title, or raise NotFound."""
    from pasand.errors import NotFound

    catalog = visit.catalog()
    position = catalog.find(title)
    if position < 0:
        raise NotFound(f"There is no item {title}.", field="title")
    return catalog.items[position]


def _must_know(home: Path, title: str) -> None:
    from pasand.bootstrap import visit_home

    visit = visit_home(home)
    try:
        _item_of(visit, title)
    finally:
        visit.close()


def _witness(home: Path, models: Path | None) -> StillWitness:
    """Return who looks at stills: the recogniser where there are models, else arithmetic."""
    from pasand.adapters.vision_shelf import ModelShelf
    from pasand.flows.film_witness import RecognisingWitness
    from pasand.stages.film.sights import PlainWitness
    from pasand.vision_wiring import MODELS_FOLDER, head_folder, make_recogniser

    found = models or home / MODELS_FOLDER
    if not found.is_dir():
        return PlainWitness()
    return RecognisingWitness(make_recogniser(ModelShelf(found), head_folder(home), warn=say))


def _keep(
    found: Stills, reader: FrameReader, folder: FolderOfStills, title: str, film: str
) -> list[dict[str, Any]]:
    """Put stills into the queue and draw the contact sheet; return the entries."""
    from pasand.adapters.still_folder import contact_sheet
    from pasand.flows.film_stills import cut

    entries, rows = [], []
    for still in found.offered:
        picture = reader.still(still.candidate.time_s, _WIDTH)
        crops = {shape: cut(picture, crop) for shape, crop in still.crops.items()}
        entry = _entry(still, film)
        folder.put(title, entry, crops)
        entries.append(entry)
        said = f"{entry['candidate_id']}  {'; '.join(still.reasons)}"
        rows.append(((picture, *crops.values()), said))
    path = folder.sheet(title)
    path.parent.mkdir(parents=True, exist_ok=True)
    contact_sheet(path, rows)
    return entries


def _entry(still: Still, film: str) -> dict[str, Any]:
    from pasand.domain.ids import short_hash

    one = still.candidate
    return {
        "candidate_id": short_hash(f"{film}\n{one.frame}".encode(), 4),
        "state": "waiting",
        "film": film,
        "frame": one.frame,
        "time_s": round(one.time_s, 3),
        "score": round(one.score, 3),
        "reasons": list(still.reasons),
        "crops": {shape: [round(n, 4) for n in crop] for shape, crop in still.crops.items()},
        "facts": dict(one.sight.facts),
    }
