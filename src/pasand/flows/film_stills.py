"""A film becomes stills to choose artwork from: shots, the best frame of each, filters, crops.

Nothing here is shown to members: what is found waits for a person's approval.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pasand.errors import InvalidInput
from pasand.stages.film.choosing import Candidate, Chooser
from pasand.stages.film.cropping import SHAPES, Box, Cropper, bars_of
from pasand.stages.film.frames import FrameJudge, Marks, marks_of
from pasand.stages.film.shots import Shot, ShotFinder, Transition
from pasand.stages.film.sights import Sight
from pasand.video_ports import FilmFacts, FrameReader, Pixels, StillWitness

__all__ = ["Scan", "Still", "Stills", "cut", "scan_film", "stills_of"]

#: Of so many shots stills are looked at; of a longer film, of the best of each stretch.
SHOT_COUNT_MAX = 160
SHOT_FRAMES_MIN = 8
#: Frames of a shot that a witness looks at; the width it sees them in.
LOOKS, LOOK_WIDTH = 2, 640
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Scan:
    """What one pass over a film found. ``at`` are the frames that ``marks`` are of."""

    facts: FilmFacts
    shots: tuple[Shot, ...]
    transitions: tuple[Transition, ...]
    marks: Marks
    at: NDArray[np.int64]
    times: tuple[float, ...]
    bars: Box


@dataclass(frozen=True, slots=True)
class Still:
    """One that is offered: its candidate, why it was chosen, and its crops by shape."""

    candidate: Candidate
    reasons: tuple[str, ...]
    crops: dict[str, Box]


@dataclass(frozen=True, slots=True)
class Stills:
    """What a film gave: stills best first, and how many were refused by reason."""

    scan: Scan
    offered: tuple[Still, ...]
    refused: dict[str, int] = field(default_factory=dict)


def scan_film(reader: FrameReader, progress: Progress = lambda done, total: None) -> Scan:
    """Read a film once: its shots, and what its frames are like.

    Raises:
        InvalidInput: it is no film, or has no frames.
    """
    facts = reader.facts()
    finder, total = ShotFinder(), round(facts.seconds * facts.per_second)
    columns: list[Marks] = []
    at: list[int] = []
    times: list[float] = []
    last, lit = None, np.zeros((144, 256), np.uint8)
    for batch in reader.batches():
        finder.add(batch.small)
        grey = batch.small[:, 0].astype(np.int16)
        joined = np.concatenate([grey[:1] if last is None else last[None], grey])
        moved = np.abs(np.diff(joined, axis=0)).mean((1, 2), dtype=np.float32) / 255
        last = grey[-1]
        first = len(times)
        own = [n for n in range(first, first + len(grey)) if n % batch.every == 0]
        motion = moved[np.array(own, np.int64) - first]
        columns.append(marks_of(batch.medium, motion))
        if len(batch.medium):
            lit = np.maximum(lit, batch.medium.max(0))
        at += own
        times += batch.times
        progress(len(times), max(total, len(times)))
    if not times:
        raise InvalidInput("There is no frame in this film that can be read.")
    shots, transitions = finder()
    marks = Marks(*(np.concatenate(column) for column in zip(*columns, strict=True)))
    return Scan(
        facts, tuple(shots), tuple(transitions), marks, np.array(at, np.int64), tuple(times),
        bars_of(lit),
    )  # fmt: skip


def stills_of(
    reader: FrameReader,
    witness: StillWitness,
    count: int,
    progress: Progress = lambda done, total: None,
) -> Stills:
    """Return the stills of a film that are worth a person's look, best first."""
    scan = scan_film(reader, progress)
    candidates = [
        one
        for first, frames in _best_frames(scan)
        if (one := _looked_at(scan, reader, witness, first, frames)) is not None
    ]
    chosen, refused = Chooser()(candidates, count)
    told: dict[str, int] = {}
    for why in refused.values():
        told[why] = told.get(why, 0) + 1
    offered = tuple(_still(scan, candidates[at]) for at in chosen)
    return Stills(scan, offered, told)


def cut(picture: Pixels, crop: Box) -> Pixels:
    """Return the part of a picture that a crop names."""
    height, width = picture.shape[:2]
    left, top = round(crop[0] * width), round(crop[1] * height)
    right, bottom = round((crop[0] + crop[2]) * width), round((crop[1] + crop[3]) * height)
    return picture[top : max(bottom, top + 1), left : max(right, left + 1)]


def _best_frames(scan: Scan) -> Iterator[tuple[float, list[int]]]:
    """Yield for each shot the score of its best frame and the places in ``at`` of its best few."""
    judge, found = FrameJudge(), []
    for shot in scan.shots:
        low, high = np.searchsorted(scan.at, (shot.first, shot.end))
        if high <= low or (shot.end - shot.first < SHOT_FRAMES_MIN and len(scan.shots) > 1):
            continue
        marks = Marks(*(column[low:high] for column in scan.marks))
        score = judge(marks, shot.first, shot.end, scan.at[low:high])
        order = np.argsort(-score, kind="stable")[:LOOKS]
        found.append((float(score[order[0]]), [int(low + one) for one in order]))
    if len(found) > SHOT_COUNT_MAX:
        # The best of each stretch, so that no part of the film is left out.
        parts = np.array_split(np.arange(len(found)), SHOT_COUNT_MAX)
        found = [found[max(part.tolist(), key=lambda n: found[n][0])] for part in parts]
    yield from found


def _looked_at(
    scan: Scan, reader: FrameReader, witness: StillWitness, score: float, places: list[int]
) -> Candidate | None:
    """Return the best of a shot's few frames, after somebody has looked at them."""
    best: tuple[float, int, Sight] | None = None
    for rank, place in enumerate(places):
        picture = reader.still(scan.times[int(scan.at[place])], LOOK_WIDTH)
        sight: Sight = witness.look(cut(picture, scan.bars))
        turned = max((4.0 * box[2] * box[3] + how for box, how in sight.faces), default=0.0)
        worth = turned - 0.1 * rank
        if best is None or worth > best[0]:
            best = worth, place, sight
    if best is None:
        return None
    _, place, sight = best
    frame = int(scan.at[place])
    return Candidate(
        frame=frame,
        time_s=scan.times[frame],
        place=frame / max(len(scan.times) - 1, 1),
        score=score,
        sharp=float(scan.marks.sharp[place]),
        light=float(scan.marks.light[place]),
        contrast=float(scan.marks.contrast[place]),
        sight=sight,
    )


def _still(scan: Scan, one: Candidate) -> Still:
    """Return a candidate with its reasons and crops."""
    cropper, bars = Cropper(), scan.bars
    ratio = scan.facts.width / scan.facts.height

    def placed(box: Box) -> Box:
        """Return a box of the picture without bars as one of the whole picture."""
        left, top = bars[0] + box[0] * bars[2], bars[1] + box[1] * bars[3]
        return left, top, box[2] * bars[2], box[3] * bars[3]

    subject = placed(one.sight.subject) if one.sight.subject else None
    faces = [placed(box) for box, _ in one.sight.faces]
    crops = {shape: cropper(shape, ratio, subject, faces, bars) for shape in SHAPES}
    reasons = [f"best frame of its shot ({one.score:+.2f}): sharp, lit and at rest"]
    if faces:
        turned = sum(how >= 0.5 for _, how in one.sight.faces)
        reasons.append(f"{len(faces)} faces, {turned} turned to the camera")
    said = [word for word in (one.sight.shot, one.sight.people, one.sight.mood) if word]
    reasons += [", ".join(said)] if said else []
    reasons.append(f"at {one.place:.0%} of the film")
    return Still(one, tuple(reasons), crops)
