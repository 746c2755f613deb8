"""A film gives stills: of each shot its best frame, varied, cropped, and approved by a person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from typer.testing import CliRunner

from pasand.bootstrap import open_home
from pasand.cli.app import app
from pasand.flows.film_stills import scan_film, stills_of
from pasand.stages.film.choosing import Candidate, Chooser
from pasand.stages.film.cropping import SHAPES, Cropper, bars_of
from pasand.stages.film.frames import FrameJudge, marks_of, sharpness
from pasand.stages.film.sights import PlainWitness, Sight
from pasand.testing import samples
from pasand.video_ports import FilmFacts, FrameBatch, Pixels

CLIPS = Path(__file__).resolve().parents[3] / "shared" / "media" / "video"


class InventedFilm:
    """Three shots of 40 frames; in each, frames 20 to 23 are sharp and the others blurred."""

    def __init__(self) -> None:
        chance = np.random.default_rng(5)
        rough = chance.integers(30, 220, (3, 36, 64), np.uint8)
        self._medium = np.repeat(np.repeat(rough, 4, 1), 4, 2)
        self._count = 120

    def facts(self) -> FilmFacts:
        return FilmFacts(256, 144, 25.0, self._count / 25)

    def _grey(self, frame: int) -> Pixels:
        shot, own = self._medium[frame // 40], frame % 40
        if 20 <= own < 24:
            return np.asarray(shot)
        soft = sum(np.roll(shot.astype(np.float32), n, 1) for n in range(-6, 7)) / 13
        return np.asarray(soft, np.uint8)

    def batches(self) -> Iterator[FrameBatch]:
        for first in range(0, self._count, 50):
            frames = range(first, min(first + 50, self._count))
            small = np.stack([self._grey(n)[::4, ::4] for n in frames])
            every = np.stack([small, np.full_like(small, 128), np.full_like(small, 128)], 1)
            medium = np.stack([self._grey(n) for n in frames if n % 4 == 0])
            yield FrameBatch(every, medium, 4, tuple(n / 25 for n in frames))

    def still(self, time_s: float, width: int) -> Pixels:
        grey = self._grey(round(time_s * 25))
        return np.repeat(grey[:, :, None], 3, 2)

    def close(self) -> None: ...


def candidate(
    frame: int, place: float = 0.3, vector: tuple[float, ...] = (), **more: float
) -> Candidate:
    marks = {"score": 1.0, "sharp": -4.0, "light": 0.5, "contrast": 0.2} | more
    return Candidate(frame, frame / 25, place, sight=Sight(vector=vector), **marks)


def test_the_best_frame_of_each_shot_is_taken() -> None:
    found = stills_of(InventedFilm(), PlainWitness(), 10)
    assert [(shot.first, shot.end) for shot in found.scan.shots] == [(0, 40), (40, 80), (80, 120)]
    assert {still.candidate.frame for still in found.offered} == {20, 60}
    assert found.refused == {"late in the film: it may give it away": 1}
    for still in found.offered:
        assert still.reasons and set(still.crops) == set(SHAPES)


def test_what_is_dark_blurred_late_unsafe_or_lettered_is_refused() -> None:
    good = [candidate(n, vector=v) for n, v in enumerate(((1.0, 0.0), (0.0, 1.0)))]
    bad = [
        candidate(10, light=0.02), candidate(11, sharp=-9.0), candidate(12, place=0.95),
        candidate(13, contrast=0.01), candidate(14, light=0.99),
        Candidate(15, 0.6, 0.3, 1.0, -4.0, 0.5, 0.2, Sight(unsafe=0.9)),
        Candidate(16, 0.6, 0.3, 1.0, -4.0, 0.5, 0.2, Sight(lettering=0.1)),
    ]  # fmt: skip
    chosen, refused = Chooser()([*good, *bad], 20)
    assert sorted(chosen) == [0, 1] and len(set(refused.values())) == 7


def test_different_stills_come_before_like_ones() -> None:
    one, twin, other = (1.0, 0.0), (0.999, 0.04), (0.0, 1.0)
    rows = [candidate(0, vector=one, score=3.0), candidate(1, vector=twin, score=2.9)]
    chosen, refused = Chooser()([*rows, candidate(2, vector=other, score=0.5)], 3)
    assert chosen == [0, 2] and "same" in refused[1]


def test_a_blurred_frame_scores_below_a_sharp_one() -> None:
    chance = np.random.default_rng(1)
    sharp = chance.integers(40, 200, (1, 144, 256), np.uint8)
    soft = (sharp // 2 + np.roll(sharp, 1, 2) // 2).astype(np.uint8)
    frames = np.concatenate([soft, sharp, soft, soft])
    assert sharpness(frames / np.float32(255)).argmax() == 1
    score = FrameJudge()(marks_of(frames, np.zeros(4, np.float32)), 0, 4, np.arange(4))
    assert score.argmax() == 1


boxes = st.tuples(*[st.floats(0.0, 0.8)] * 2, *[st.floats(0.02, 0.2)] * 2)


@given(st.sampled_from(sorted(SHAPES)), st.floats(0.5, 3.0), boxes, st.lists(boxes, max_size=3))
def test_a_crop_has_its_shape_and_lies_in_the_picture(
    shape: str,
    ratio: float,
    subject: tuple[float, float, float, float],
    faces: list[tuple[float, float, float, float]],
) -> None:
    left, top, width, height = Cropper()(shape, ratio, subject, faces)
    assert width * ratio / height == pytest.approx(SHAPES[shape], rel=1e-6)
    assert min(left, top) >= -1e-9 and max(left + width, top + height) <= 1 + 1e-9


@given(st.floats(0.05, 0.85), st.floats(0.1, 0.7))
def test_a_face_is_never_cut_where_there_is_room(across: float, down: float) -> None:
    face = (across, down, 0.06, 0.1)
    for shape in SHAPES:
        left, top, width, height = Cropper()(shape, 16 / 9, None, [face])
        assert left <= face[0] + 1e-9 and face[0] + face[2] <= left + width + 1e-9
        assert top <= face[1] + 1e-9 and face[1] + face[3] <= top + height + 1e-9


def test_a_billboard_leaves_room_for_its_title() -> None:
    subject = (0.45, 0.3, 0.1, 0.3)
    left, _, width, _ = Cropper()("billboard", 2.4, subject)
    assert (0.5 - left) / width > 0.55, "the subject stands right of the middle"


def test_black_bars_are_found() -> None:
    lit = np.full((144, 256), 200, np.uint8)
    lit[:, :32] = lit[:, -32:] = 16
    assert bars_of(lit) == pytest.approx((0.125, 0.0, 0.75, 1.0))
    assert bars_of(np.zeros((144, 256), np.uint8)) == (0.0, 0.0, 1.0, 1.0)


def test_one_pass_marks_every_fourth_frame() -> None:
    scan = scan_film(InventedFilm())
    assert scan.at.tolist() == list(range(0, 120, 4)) and len(scan.marks.sharp) == 30
    assert len(scan.times) == 120


def test_stills_are_queued_and_become_artworks_when_approved(tmp_path: Path) -> None:
    import av

    film, home = tmp_path / "film.mp4", tmp_path / "home"
    reel = InventedFilm()
    with av.open(str(film), "w") as out:
        stream = out.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = (
            256,
            144,
            "yuv420p",
            9_000_000,
        )
        for frame in range(120):
            picture = np.ascontiguousarray(reel.still(frame / 25, 256))
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        out.mux(stream.encode(None))
    opened = open_home(home, create=True)
    opened.engine.put_item(samples.item("t1", artworks=()))
    opened.close()
    said = run("from-video", str(film), "--title", "t1", "--home", str(home), "--json")
    entries = said["candidates"]
    assert entries and all(entry["state"] == "waiting" and entry["reasons"] for entry in entries)
    (sheet,) = home.rglob("sheet.jpg")
    with Image.open(sheet) as shown:
        assert shown.height > 100
    first, last = entries[0]["candidate_id"], entries[-1]["candidate_id"]
    options = ("--title", "t1", "--home", str(home))
    taken = run("approve", first, *options, "--shape", "poster", "--json")["artworks"]
    run("approve", last, *options, "--refuse", "--json")
    states = {
        one["candidate_id"]: one["state"]
        for one in run("candidates", *options, "--json")["candidates"]
    }
    assert states[first] == "approved" and states[last] == "refused"
    opened = open_home(home)
    (artwork,) = opened.engine.item("t1").artworks
    opened.close()
    assert [artwork.artwork_id] == taken and artwork.facts["film"] == "film.mp4"
    with Image.open(home / "artwork" / artwork.file) as kept:
        assert kept.format == "WEBP" and kept.width / kept.height == pytest.approx(2 / 3, rel=0.05)
    for wrong in (("nothing", *options), (first, "--title", "t9", "--home", str(home))):
        assert CliRunner().invoke(app, ["artwork", "approve", *wrong]).exit_code != 0


def run(*arguments: str) -> dict[str, object]:
    done = CliRunner().invoke(app, ["artwork", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout[done.stdout.index("{") :])
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("name", ["bikes.mp4", "chaplin.mp4", "nasa_13013.mp4"])
def test_every_clip_gives_stills(name: str, tmp_path: Path) -> None:
    if not CLIPS.is_dir():
        pytest.skip("the clips of shared/media are not here")
    said = run("from-video", str(CLIPS / name), "--out", str(tmp_path), "--json")
    assert said["candidates"] and list(tmp_path.rglob("sheet.jpg"))
