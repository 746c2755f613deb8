"""Figures of films: shots beside PySceneDetect, the best frame of a shot, an hour of 1080p.

``--data`` is the folder that holds ``media``. ``--what shots frames hour`` chooses. Seconds are the
processor's, of this process and its child together, so that a busy machine measures the same.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from pasand.adapters.video_pyav import PyavFrameReader
from pasand.cli.options import figure, print_figures, say, write_figures
from pasand.evaluation.shot_matching import Span, match_shots
from pasand.flows.film_stills import scan_film
from pasand.stages.film.frames import FrameJudge, Marks, marks_of
from pasand.stages.film.shots import ShotFinder

HERE = Path(__file__).resolve().parent
PEER = HERE.parent / "peers" / ".venv" / "bin" / "python"
Figures = list[dict[str, Any]]


def main() -> None:
    """Measure what is asked for and write it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared"))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--what", nargs="*", default=["shots", "frames", "hour"])
    parser.add_argument("--peer", type=Path, default=PEER, help="a Python that has PySceneDetect")
    parser.add_argument("--work", type=Path, default=Path("/tmp/pasand-film"), help="long films")
    parser.add_argument("--minutes", type=float, default=10.0, help="of the hour, really measured")
    asked = parser.parse_args()
    clips = asked.data / "media" / "video"
    found: Figures = []
    if "shots" in asked.what:
        found += shots(clips, asked.peer)
    if "frames" in asked.what:
        found += frames(clips)
    if "hour" in asked.what:
        found += hour(clips, asked.work, asked.minutes, asked.peer)
    data = {path.name: sha256(path.read_bytes()).hexdigest()[:16] for path in films(clips)}
    print_figures("bench pictures video", found, data)
    if asked.out:
        write_figures(asked.out, "bench pictures video", found, data)


def films(clips: Path) -> list[Path]:
    """Return all clips, in order."""
    return sorted([*clips.glob("*.mp4"), *clips.glob("*.webm"), *clips.glob("cutreel/*.mp4")])


def truths(clips: Path) -> dict[Path, list[Span]]:
    """Return the true transitions of the clips that have any."""
    reel = json.loads((clips / "cutreel" / "truth.json").read_text("utf-8"))
    cuts = [(at, at) for at in reel["hard_cuts_first_frame_of_new_shot"]]
    return {
        clips / "bikes.mp4": [(at, at) for at in (30, 76, 137, 187, 242)],
        # Called cuts where they are published; 127 begins a dissolve of 24 frames.
        clips / "nasa_13013.mp4": [(127, 127), (202, 202)],
        clips / "cutreel" / "cutreel.mp4": sorted([*cuts, tuple(reel["dissolve"])]),
    }


def shots(clips: Path, peer: Path) -> Figures:
    """Shots of the clips with a truth, by us and by PySceneDetect in the same run."""
    known = truths(clips)
    told = peer_of(peer, list(known))
    found: Figures = []
    for path, truth in known.items():
        with reading(path) as reader:
            reader.facts()  # the child has started: the peer's imports are not counted either
            spans, count, seconds = timed(lambda reader=reader: shots_in(reader))
        slow = [span for span in truth if span[0] != span[1]]
        theirs = {
            name: match_shots(truth, [(cut, cut) for cut in of[str(path)]["cuts"]]).f1
            for name, of in told.items()
        }
        size = {"clip": path.stem, "frames": count}
        against = {"name": "PySceneDetect", **{n: round(v, 3) for n, v in theirs.items()}}
        f1 = match_shots(truth, spans).f1
        found.append(figure("shots_f1", round(f1, 4), "", "higher", against, **size))
        if slow:
            both = match_shots(slow, [span for span in spans if span[0] != span[1]]).hits
            found.append(figure("shots_dissolves_found", both, "", "higher", **size, of=len(slow)))
        speeds = {
            name: round(of[str(path)]["frames"] / of[str(path)]["seconds"])
            for name, of in told.items()
        }
        speed = {"name": "PySceneDetect", **speeds}
        rate = round(count / seconds)
        found.append(figure("shots_frames_per_s", rate, "frames/s", "higher", speed, **size))
    return found


def frames(clips: Path) -> Figures:
    """How often the judge prefers the frame that was preferred by eye, blind to its choice."""
    pairs = json.loads((HERE / "frame_pairs.json").read_text("utf-8"))
    seen = {name: all_marks(clips / name) for name in sorted({pair["clip"] for pair in pairs})}
    judge, wins, decided = FrameJudge(), 0, 0
    for pair in (one for one in pairs if one["better"] != "neither"):
        at = np.arange(pair["first"], pair["end"])
        marks = Marks(*(column[at] for column in seen[pair["clip"]]))
        score = judge(marks, pair["first"], pair["end"], at)
        left, right = (float(score[pair[side] - pair["first"]]) for side in ("left", "right"))
        wins += (left > right) == (pair["better"] == "left")
        decided += 1
    share = round(wins / decided, 4)
    size = {"pairs": decided, "undecided": len(pairs) - decided}
    return [figure("frame_pick_win", share, "", "higher", **size)]


def hour(clips: Path, work: Path, minutes: float, peer: Path) -> Figures:
    """An hour of 1080p: so many minutes are measured on one core, the rest and the second core
    are reckoned.
    """
    reel = long_film(clips, work, minutes)
    with reading(reel) as reader:
        scan, _, seconds = timed(lambda: (scan_film(reader), 0))
    done = len(scan.times) / scan.facts.per_second / 60
    share = 60 / done / 2 / 60
    told = peer_of(peer, [work / "part.mp4"])["content"][str(work / "part.mp4")]
    theirs = told["seconds"] / told["frames"] * 90_000 / 2 / 60
    against = {
        "name": "PySceneDetect",
        "value": round(theirs, 2),
        "measured_frames": told["frames"],
    }
    size = {"measured_minutes": round(done, 1), "measured_cpu_s": round(seconds, 1), "cores": 2}
    value = round(seconds * share, 2)
    return [figure("video_hour_minutes", value, "min", "lower", against, **size)]


@contextmanager
def reading(path: Path, **options: Any) -> Iterator[PyavFrameReader]:
    """Give a reader of a film that ends with the block."""
    reader = PyavFrameReader(path, **options)
    try:
        yield reader
    finally:
        reader.close()


def timed(act: Callable[[], tuple[Any, int]]) -> tuple[Any, int, float]:
    """Return what an act returns and the processor seconds of it; the reader's child is ended
    within, so that its seconds are counted.
    """
    before = spent()
    made, count = act()
    return made, count, spent() - before


def spent() -> float:
    """Return the processor seconds of this process and of its children that run or have ended."""
    own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    seconds = sum(one.ru_utime + one.ru_stime for one in own)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == int(Path("/proc/self").resolve().name):
            seconds += (int(fields[11]) + int(fields[12])) / 100
    return seconds


def shots_in(reader: PyavFrameReader) -> tuple[list[Span], int]:
    """Return a film's transitions and how many frames it has."""
    reader.facts()
    finder = ShotFinder()
    for batch in reader.batches():
        finder.add(batch.small)
    _, transitions = finder()
    return [(one.first, one.last) for one in transitions], finder.count


def all_marks(path: Path) -> Marks:
    """Return the marks of every frame of a film."""
    with reading(path, every=1) as reader:
        reader.facts()
        batches = list(reader.batches())
    grey = np.concatenate([batch.small[:, 0] for batch in batches]).astype(np.int16)
    moved = np.abs(np.diff(grey, axis=0, prepend=grey[:1])).mean((1, 2), dtype=np.float32) / 255
    return marks_of(np.concatenate([batch.medium for batch in batches]), moved)


def peer_of(peer: Path, paths: list[Path]) -> dict[str, Any]:
    """Return what PySceneDetect finds, by detector and film."""
    command = [str(peer), str(HERE / "scenes_peer.py"), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def long_film(clips: Path, work: Path, minutes: float) -> Path:
    """Make a film of so many minutes: all clips at 1080p, again and again."""
    import av

    work.mkdir(parents=True, exist_ok=True)
    part, reel = work / "part.mp4", work / f"reel-{minutes:g}.mp4"
    if not part.exists():
        say("making two minutes of 1080p ...")
        with av.open(str(part), "w") as out:
            options = {"preset": "veryfast", "crf": "23"}
            stream = out.add_stream("libx264", rate=25, options=options)
            stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
            at = 0
            for path in films(clips):
                with av.open(str(path)) as film:
                    for frame in film.decode(video=0):
                        large = frame.reformat(1920, 1080, "yuv420p")
                        large.pts, large.time_base, large.pict_type = at, Fraction(1, 25), 0
                        out.mux(stream.encode(large))
                        at += 1
            out.mux(stream.encode(None))
    if not reel.exists():
        with av.open(str(reel), "w") as out, av.open(str(part)) as film:
            source = film.streams.video[0]
            stream = out.add_stream_from_template(source)
            length, begin = source.duration, 0
            while begin * source.time_base < minutes * 60:
                film.seek(0, stream=source)
                for packet in film.demux(source):
                    if packet.dts is not None:
                        packet.pts, packet.dts = packet.pts + begin, packet.dts + begin
                        packet.stream = stream
                        out.mux(packet)
                begin += length
    return reel


if __name__ == "__main__":
    sys.exit(main())
