"""Draws a scene as a picture, and all pictures of the world into a folder.

Pillow is imported only when something is drawn, so the world can be made without it. The same
scene at the same size is the same picture; nothing but the scene's seed decides.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pasand.domain.ids import stable_seed
from pasand.world.draw_canvas import Canvas, blend
from pasand.world.draw_colours import Colours, colours_of, palette
from pasand.world.draw_figures import draw_group
from pasand.world.draw_land import draw_foreground, draw_land, draw_sky, draw_weather
from pasand.world.draw_objects import Stage, draw_object
from pasand.world.scenes import Scene
from pasand.world.titles import Title

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["draw", "draw_all", "palette"]

JPEG_QUALITY = 85
BATCH_SIZE = 24
CLOSE_SHARE = 0.33
_FONTS = ("Inter-Black.otf", "Inter-ExtraBold.otf", "Inter-Black.ttf", "DejaVuSans-Bold.ttf")
_FONT_FOLDERS = (
    "/usr/share/fonts/opentype/inter/",
    "/usr/share/fonts/truetype/inter/",
    "",
)
_IN_AIR = ("kite", "balloon")
_ON_WATER = ("boat", "ship")
_Job = tuple[Scene, str, str]


def draw(scene: Scene, title: str, width: int = 640, height: int = 360) -> Image.Image:
    """Return the picture of ``scene``; an empty ``title`` leaves out the words and their foot."""
    from PIL import Image

    rng = np.random.default_rng(stable_seed("draw", scene.seed))
    colours = colours_of(scene)
    canvas = Canvas(width, height)
    stage, people_x, thing_x = _compose(canvas, scene, colours, rng)
    draw_sky(canvas, colours, stage, scene.mood, rng)
    draw_land(canvas, colours, stage, scene.setting, rng)
    if scene.object in _IN_AIR or scene.object in _ON_WATER:
        draw_object(canvas, scene.object, colours, stage, thing_x, rng)
    # Mist before the ground lifts the figures off the layers behind them.
    canvas.haze(stage.ground - 0.06, 0.12, blend(colours.glow, colours.sky[2], 0.5), 0.30)
    canvas.glow(people_x, stage.ground - 0.25, 0.22, colours.glow, 0.16)
    draw_foreground(canvas, colours, stage, scene.setting, rng)
    if scene.object not in _IN_AIR and scene.object not in _ON_WATER:
        draw_object(canvas, scene.object, colours, stage, thing_x, rng)
    _draw_people(canvas, scene, colours, stage, people_x, rng)
    draw_weather(canvas, colours, scene.setting, scene.mood, rng)
    _finish(canvas, bool(title), rng)
    picture = Image.fromarray(canvas.bytes())
    if title:
        _write_title(picture, title)
    return picture


def _draw_people(
    canvas: Canvas,
    scene: Scene,
    colours: Colours,
    stage: Stage,
    x: float,
    rng: np.random.Generator,
) -> None:
    """Draw the figures: on the ground, or for a third of the scenes nearer to the camera."""
    if not scene.figure_count:
        return
    people, feet = canvas.mask(), stage.ground + 0.012
    size = float(rng.uniform(0.36, 0.48)) * (1.0, 1.06, 1.0, 0.92)[scene.figure_count]
    if rng.random() < CLOSE_SHARE:
        size, feet = size * 1.5, stage.ground + 0.2
    draw_group(people, rng, scene.figure_count, x, feet, size)
    canvas.fill(people, blend(colours.near, (0.0, 0.0, 0.0), 0.35), 1.0, stage.rim)


def _compose(
    canvas: Canvas, scene: Scene, colours: Colours, rng: np.random.Generator
) -> tuple[Stage, float, float]:
    """Choose where light, people and thing are; mostly right of the middle, for words at left."""
    side = 1.0 if rng.random() < 0.62 else -1.0
    middle = canvas.aspect / 2
    light_x = middle + side * float(rng.uniform(0.08, 0.42))
    horizon = float(rng.uniform(0.5, 0.57))
    light_y = horizon - float(rng.uniform(0.06, 0.3))
    people_x = middle + side * float(rng.uniform(0.12, 0.34))
    thing_x = middle - side * float(rng.uniform(0.34, 0.5))
    if scene.figure_count == 0:
        thing_x = middle + side * float(rng.uniform(0.05, 0.3))
    towards = 1 if light_x > people_x else -1
    pixel = max(1, round(canvas.height / 240))
    rim = (blend(colours.light, colours.glow, 0.3), 0.8, towards * pixel, -pixel)
    ground = float(rng.uniform(0.755, 0.785))
    return Stage((light_x, light_y), ground, horizon, rim), people_x, thing_x


def _finish(canvas: Canvas, has_title: bool, rng: np.random.Generator) -> None:
    """Darken the corners and, under a title, the foot; add fine grain."""
    across = (canvas.x / canvas.aspect - 0.5) * 2
    down = (canvas.y - 0.5) * 2
    shade = 1 - 0.30 * ((across**2 + down**2) / 2) ** 1.4
    if has_title:
        shade = shade * (1 - 0.72 * np.clip((canvas.y - 0.68) / 0.26, 0, 1) ** 1.1)
    canvas.pixels *= shade.astype(np.float32)
    grain = rng.standard_normal((canvas.height, canvas.width), dtype=np.float32)
    canvas.pixels += grain * np.float32(3.2)


@lru_cache(maxsize=64)
def _font(size: int) -> Any:
    from PIL import ImageFont

    for name in _FONTS:
        for folder in _FONT_FOLDERS:
            try:
                return ImageFont.truetype(folder + name, size)
            except OSError:
                continue
    return ImageFont.load_default(size)


def _write_title(picture: Image.Image, title: str) -> None:
    """Set the title in capitals at the foot, in one line or two, as large as fits."""
    from PIL import ImageDraw

    pen = ImageDraw.Draw(picture)
    margin = round(picture.height * 0.062)
    room = picture.width - 2 * margin
    lines, font, size = _fit(pen, title.upper(), room, picture.height)
    step = round(size * 1.04)
    y = picture.height - margin - step * (len(lines) - 1)
    for line in lines:
        pen.text((margin + 1, y + 2), line, font=font, fill=(0, 0, 0), anchor="ls")
        pen.text((margin, y), line, font=font, fill=(250, 248, 244), anchor="ls")
        y += step


def _fit(pen: Any, text: str, room: int, height: int) -> tuple[list[str], Any, int]:
    """Return lines, font and size: one line if it can be large, else the most even two."""
    largest, smallest = round(height * 0.118), max(8, round(height * 0.04))
    words = text.split()
    cuts = sorted(
        ([" ".join(words[:k]), " ".join(words[k:])] for k in range(1, len(words))),
        key=lambda lines: max(len(line) for line in lines),
    )
    for size in range(largest, smallest - 1, -1):
        choices = [[text], *cuts[:1]] if size < largest * 0.92 or not cuts else [[text]]
        for lines in choices:
            if max(pen.textlength(line, font=_font(size)) for line in lines) <= room:
                return lines, _font(size), size
    while len(text) > 1 and pen.textlength(text + "…", font=_font(smallest)) > room:
        text = text[:-1]
    return [text + "…"], _font(smallest), smallest


def draw_all(
    titles: Iterable[Title],
    folder: Path,
    processes: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Draw every missing picture of ``titles`` into ``folder``; return how many were drawn.

    ``progress`` is told how many are done of how many to do. A picture appears whole or not at
    all, so an interrupted run is simply started again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [
        (scene, title.item.title, str(folder / artwork.file))
        for title in titles
        for scene, artwork in zip(title.scenes, title.item.artworks, strict=True)
        if not (folder / artwork.file).exists()
    ]
    batches = [jobs[at : at + BATCH_SIZE] for at in range(0, len(jobs), BATCH_SIZE)]
    done = 0
    if processes <= 1 or len(batches) <= 1:
        for batch in batches:
            done += _draw_batch(batch)
            if progress is not None:
                progress(done, len(jobs))
        return done
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for future in as_completed([pool.submit(_draw_batch, batch) for batch in batches]):
            done += future.result()
            if progress is not None:
                progress(done, len(jobs))
    return done


def _draw_batch(jobs: list[_Job]) -> int:
    """Draw and write some pictures; runs in a worker process, so it takes plain values."""
    for scene, title, path in jobs:
        part = f"{path}.{os.getpid()}.part"
        draw(scene, title).save(part, "JPEG", quality=JPEG_QUALITY)
        os.replace(part, path)
    return len(jobs)
