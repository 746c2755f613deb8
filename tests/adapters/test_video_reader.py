"""Films are read in a child: frames come whole and in order, hostile files get clear answers."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from pasand.adapters.video_pyav import PyavFrameReader
from pasand.bench.hostile import crafted
from pasand.errors import InvalidInput, PasandError, TooMuch
from pasand.stages.film.shots import ShotFinder

CLIPS = Path(__file__).resolve().parents[3] / "shared" / "media" / "video"
Make = Callable[..., Path]


@pytest.fixture
def made(tmp_path: Path) -> Make:
    """Make films of plain frames whose brightness counts them."""

    def make(name: str = "film.mp4", count: int = 60, size: tuple[int, int] = (128, 72)) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w") as out:
            stream = out.add_stream("mpeg4", rate=25)
            stream.bit_rate = 4_000_000
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            for number in range(count):
                shade = np.full((size[1], size[0], 3), 20 + 3 * (number % 70), np.uint8)
                out.mux(stream.encode(av.VideoFrame.from_ndarray(shade, "rgb24")))
            out.mux(stream.encode(None))
        return path

    return make


def read(path: Path, **options: float) -> list[np.ndarray]:
    reader = PyavFrameReader(path, **options)  # type: ignore[arg-type]
    try:
        reader.facts()
        return [batch.small for batch in reader.batches()]
    finally:
        reader.close()


def test_every_frame_comes_once_and_in_order(made: Make) -> None:
    reader = PyavFrameReader(made(count=70))
    try:
        facts = reader.facts()
        assert (facts.width, facts.height, facts.per_second) == (128, 72, 25.0)
        batches = list(reader.batches())
        times = [time for batch in batches for time in batch.times]
        assert times == sorted(times) and len(times) == 70
        shade = np.concatenate([batch.small for batch in batches])[:, 0].mean((1, 2))
        assert (np.diff(shade) > 1).all()
        assert sum(len(batch.medium) for batch in batches) == 18
        early, late = reader.still(times[5], 64), reader.still(times[50], 640)
        assert early.shape == (36, 64, 3) and late.shape == (72, 128, 3), "never enlarged"
        assert 25 < early.mean() < 50 and 155 < late.mean() < 185
    finally:
        reader.close()


def test_a_film_that_breaks_off_ends_there(made: Make) -> None:
    path = made("film.mkv", count=100)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert 0 < sum(map(len, read(path))) < 100


@pytest.mark.parametrize("text", [
    "#EXTM3U\n#EXTINF:1,\n{film}\n", "ffconcat version 1.0\nfile {film}\n",
    "\n  #EXTM3U\n{film}\n", "<MPD><BaseURL>{film}</BaseURL></MPD>", "[playlist]\nFile1={film}\n",
    "v=0\nm=video 5000 RTP/AVP 96\n", "file {film}\n",
])  # fmt: skip
def test_lists_open_no_other_file(text: str, made: Make, tmp_path: Path) -> None:
    for name in ("list.m3u8", "list.mp4", "list.mkv", "list.ffconcat", "list.txt"):
        path = tmp_path / name
        path.write_text(text.format(film=made()), "utf-8")
        with pytest.raises(InvalidInput):
            read(path)


@pytest.mark.parametrize("name", ["concat:a.mp4|b.mp4", "http:x", "subfile,,start,0,end,0,,:a.mp4"])
def test_a_name_is_never_an_address(name: str, made: Make) -> None:
    path = made()
    odd = path.rename(path.parent / name)
    assert sum(map(len, read(odd))) == 60


def test_no_other_file_is_read_through_a_film(made: Make) -> None:
    with pytest.raises(InvalidInput):
        read(Path("/nowhere/film.mp4"))


def test_hostile_files_are_no_films(tmp_path: Path) -> None:
    reader = PyavFrameReader(tmp_path / "file")
    try:
        for number, (name, data) in enumerate(crafted()):
            # AVIF is a film of one frame in the same boxes: whoever takes films may read it.
            if "avif" in name.lower() or (number % 6 and "film" not in name):
                continue
            (tmp_path / "file").write_bytes(data)
            with pytest.raises(PasandError) as caught:
                reader.facts()
                assert not list(reader.batches()), name
                raise InvalidInput("nothing in it")
            assert caught.value.message, name
    finally:
        reader.close()
    assert reader.child.peak_mb < 500


def test_an_endless_film_is_left(made: Make) -> None:
    with pytest.raises(TooMuch, match="more than 100 frames"):
        read(made(count=300), frames_max=100)


def test_a_film_that_says_it_is_huge_takes_no_memory(made: Make) -> None:
    """The size stands in the container and in the codec's own header: one of them is changed."""
    path = made(size=(64, 48))
    data = path.read_bytes()
    at = data.find(b"mp4v") + 28
    assert data[at : at + 4] == struct.pack(">HH", 64, 48)
    path.write_bytes(data[:at] + struct.pack(">HH", 60_000, 60_000) + data[at + 4 :])
    reader = PyavFrameReader(path, memory_mb=600)
    try:
        with pytest.raises(PasandError):
            reader.facts()
            assert sum(len(batch.small) for batch in reader.batches()) == 60
            raise InvalidInput("its own header was believed")
        assert reader.child.peak_mb < 600
    finally:
        reader.close()


def test_the_clips_shots(tmp_path: Path) -> None:
    if not CLIPS.is_dir():
        pytest.skip("the clips of shared/media are not here")
    truth = json.loads((CLIPS / "cutreel" / "truth.json").read_text("utf-8"))
    finder = ShotFinder()
    for small in read(CLIPS / "cutreel" / "cutreel.mp4"):
        finder.add(small)
    shots, transitions = finder()
    cuts = [one.first for one in transitions if one.kind == "cut"]
    assert cuts == truth["hard_cuts_first_frame_of_new_shot"]
    (slow,) = [one for one in transitions if one.kind == "dissolve"]
    assert (
        abs(slow.first - truth["dissolve"][0]) <= 2 and abs(slow.last - truth["dissolve"][1]) <= 2
    )
    assert len(shots) == 12
