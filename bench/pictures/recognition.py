"""Measure recognising: objects, doubt, mood, genres and classes, on pictures of a folder.

    python bench/pictures/recognition.py --data ../shared --out FILE [--work FOLDER] [--parts ...]

Signals of labelled pictures are kept in the work folder, under the models' and the code's hash.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pasand.cli.options import figure, one_thread_each, say, write_figures

one_thread_each()

import numpy as np  # noqa: E402

from pasand.adapters.picture_labels import Labels, read_labels  # noqa: E402
from pasand.adapters.vision_onnx import OnnxModel  # noqa: E402
from pasand.adapters.vision_pictures import opened, pictures_below, resized  # noqa: E402
from pasand.adapters.vision_shelf import ModelShelf  # noqa: E402
from pasand.domain.picture_facts import Box, PictureFacts  # noqa: E402
from pasand.evaluation.picture_measures import (  # noqa: E402
    area_under_curve,
    average_precision,
    correlation,
    recall_at,
)
from pasand.learning.picture_heads import (  # noqa: E402
    Labelled,
    fit_head,
    folds_of,
    heads_apart,
    judged_apart,
)
from pasand.stages.recognise import objects  # noqa: E402
from pasand.stages.recognise.doubt import GRAIN, UNLIKE  # noqa: E402
from pasand.stages.recognise.heads import apply  # noqa: E402
from pasand.stages.recognise.recogniser import Config, PictureRecogniser  # noqa: E402
from pasand.stages.recognise.signals import Signals  # noqa: E402
from pasand.vision_wiring import make_eyes, make_learner  # noqa: E402

PARTS = ("objects", "mood", "genre", "class", "doubt")
SEEDS = (1, 2, 3)
MOOD_SEEDS = range(1, 11)
GENRE_COUNT_MIN = 60
Figures = list[dict[str, Any]]


class Bench:
    """The media folder, the models in it, and where signals are kept."""

    def __init__(self, data: Path, work: Path | None) -> None:
        self.data, self.media, self.work = data, data / "media", work
        self.shelf = ModelShelf(self.media / "models")
        self.hashes: dict[str, str] = {}

    def learner(self) -> Callable[[Any], Signals]:
        """Return what turns pictures into signals."""
        return make_learner(self.shelf)[0]

    def signals(self, name: str, paths: Sequence[Path]) -> list[Signals]:
        """Return the signals of pictures, kept from an earlier run of the same code."""
        self.hashes[name] = data_hash(paths)
        kept = self.work / f"{name}.{self.hashes[name]}.{code_hash()}.npz" if self.work else None
        if kept and kept.exists():
            with np.load(kept, allow_pickle=False) as file:
                rows = {row: file[row] for row in file.files}
            return [{row: rows[row][at] for row in rows} for at in range(len(paths))]
        look, found = self.learner(), []
        for at, path in enumerate(paths):
            found.append(look(opened(path)))
            if at % 50 == 0:
                say(f"{name}: {at} of {len(paths)}")
        if kept:
            kept.parent.mkdir(parents=True, exist_ok=True)
            np.savez(kept, **{row: np.stack([one[row] for one in found]) for row in found[0]})
        return found


def data_hash(paths: Sequence[Path]) -> str:
    """Return a hash of files' names and contents."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def code_hash() -> str:
    """Return a hash of what makes signals."""
    folder = Path(objects.__file__).parent
    return data_hash([folder / f"{n}.py" for n in ("signals", "affect", "viewing", "objects")])[:8]


def coco(media: Path) -> tuple[list[Path], list[list[tuple[str, Box]]]]:
    """Return the pictures and what is truly in them."""
    paths = list(pictures_below(media / "images/coco_val/images"))
    truth = []
    for path in paths:
        file = media / "images/coco_val/labels" / f"{path.stem}.txt"
        lines = file.read_text("utf-8").split("\n") if file.exists() else []
        truth.append([boxed(line) for line in lines if line.strip()])
    return paths, truth


def boxed(line: str) -> tuple[str, Box]:
    """Return kind and box of a line: kind, middle and size as shares."""
    kind, x, y, wide, tall = line.split()[:5]
    width, height = float(wide), float(tall)
    box = Box(float(x) - width / 2, float(y) - height / 2, width, height)
    return objects.COCO_NAMES[int(kind)], box


def measure_objects(bench: Bench) -> Figures:
    """Average precision, and the time of the whole path from a file to boxes."""
    paths, truth = coco(bench.media)
    bench.hashes["coco_val"] = data_hash(paths)
    files = bench.shelf.find("yolox-nano")
    assert files is not None
    network = OnnxModel(files["yolox_nano.onnx"])
    all_of_them = objects.Config(least=0.001, count_max=300)
    finder = objects.YoloxObjects(all_of_them, network, resized)
    seen = [finder.find(opened(path)) for path in paths]
    served = objects.YoloxObjects(objects.Config(least=0.1), network, resized)
    whole = [timed(lambda p=path: served.find(opened(p))) for path in paths]  # type: ignore[misc]
    given = {"images": np.full((1, 3, 416, 416), 114, np.float32)}
    alone = statistics.median(timed(lambda: network.run(given)) for _ in range(40))
    precision = round(average_precision(seen, truth), 4)
    return [
        figure("objects_ap50", precision, "", pictures=len(paths), least=all_of_them.least),
        figure("objects_ms", round(statistics.median(whole), 2), "ms", "lower", cores=1),
        figure("objects_network_ms", round(alone, 2), "ms", "lower", cores=1),
    ]


def timed(do: Callable[[], Any]) -> float:
    """Return the milliseconds of processor time that a call takes."""
    began = time.process_time()
    do()
    return 1000 * (time.process_time() - began)


def labelled(bench: Bench, labels: Labels, name: str) -> Labelled:
    """Return labelled pictures as signals."""
    signals = bench.signals(name, labels.paths)
    return Labelled(labels.kind, labels.names, signals, labels.truth, labels.group)


def measure_mood(bench: Bench) -> Figures:
    """Correlations on themes that were not learned from, over many foldings, for they differ.

    Beside it, in the same foldings, a head on the embedding alone.
    """
    given = labelled(bench, read_labels("mood", bench.media / "images/mood"), "mood")
    alone = replace(given, signals=[{"embedding": one["embedding"]} for one in given.signals])
    figures: Figures = []
    for signals, what in (("all", given), ("embedding", alone)):
        unseen = [judged_apart(what, seed) for seed in MOOD_SEEDS]
        for at, name in enumerate(given.names):
            told = [correlation(one[:, at], given.truth[:, at]) for one in unseen]
            where = {
                "pictures": len(given.signals), "folds": 5, "foldings": len(told),
                "signals": signals, "least": round(min(told), 4), "most": round(max(told), 4),
            }  # fmt: skip
            figures.append(figure(f"mood_{name}_r", round(float(np.mean(told)), 4), "", **where))
    return figures


def measure_genre(bench: Bench) -> Figures:
    """Mean area under the curve of each genre that has enough posters."""
    lines = (bench.data / "data/ml-1m/movies.dat").read_text("latin-1").splitlines()
    genres = {line.split("::")[0]: line.split("::")[2].split("|") for line in lines}
    paths = [p for p in pictures_below(bench.media / "images/posters") if p.stem in genres]
    every = sorted({genre for path in paths for genre in genres[path.stem]})
    truth = np.array([[float(g in genres[p.stem]) for g in every] for p in paths])
    enough = truth.sum(axis=0) >= GENRE_COUNT_MIN
    names = tuple(g for g, kept in zip(every, enough, strict=True) if kept)
    labels = Labels("genre", names, tuple(paths), truth[:, enough], np.arange(len(paths)))
    given = labelled(bench, labels, "posters")
    each = {name: [] for name in names}  # type: dict[str, list[float]]
    for seed in SEEDS:
        unseen, fold = judged_apart(given, seed), folds_of(given.group, seed)
        for at, name in enumerate(names):
            areas = [
                area_under_curve(unseen[fold == one, at], given.truth[fold == one, at] > 0)
                for one in np.unique(fold)
            ]
            each[name].append(float(np.mean(areas)))
    at = {"pictures": len(paths), "folds": 5, "foldings": len(SEEDS)}
    found = [figure("genre_auc", round(float(np.mean(a)), 4), "", genre=n, **at)
             for n, a in each.items()]  # fmt: skip
    mean = float(np.mean([one["value"] for one in found]))
    return [figure("genre_auc_mean", round(mean, 4), "", genres=len(names), **at), *found]


def measure_class(bench: Bench) -> Figures:
    """Accuracy on the test folder of a head that learned from the other."""
    folder = bench.media / "images/clothing"
    train = labelled(bench, read_labels("class", folder / "train"), "clothing-train")
    test = labelled(bench, read_labels("class", folder / "test"), "clothing-test")
    head = fit_head(train, SEEDS[0]).head
    right = 0
    for one, truth in zip(test.signals, test.truth, strict=True):
        found = apply(head, one)
        assert found is not None
        right += max(found[0], key=lambda n: found[0][n]) == test.names[int(truth.argmax())]
    share = round(right / len(test.signals), 4)
    at = {"train": len(train.signals), "test": len(test.signals)}
    return [figure("clothing_accuracy", share, "", **at)]


def measure_doubt(bench: Bench) -> Figures:
    """What is asserted of an animation, at bars that keep recall on photographs.

    Mood is told of a picture by a head that has not seen its theme.
    """
    eyes = replace(make_eyes(bench.shelf), pose=None, subject=None, embedder=None)
    recogniser = PictureRecogniser(Config(), eyes, resized)
    clip = bench.media / "video/big_buck_bunny_0_30.webm"
    bench.hashes["big_buck_bunny"] = data_hash([clip])
    given = labelled(bench, read_labels("mood", bench.media / "images/mood"), "mood")
    whole = make_eyes(bench.shelf)
    head = fit_head(given, SEEDS[0]).head
    full = replace(eyes, embedder=whole.embedder, heads={"mood": head})
    sees = PictureRecogniser(Config(), full, resized)
    facts = [sees.recognise(frame) for frame in frames(clip, 4)]
    asserted = [one for one in facts if asserts(one)]
    paths, truth = coco(bench.media)
    seen = [recogniser.recognise(opened(path)).objects for path in paths]
    moods = mood_coverage(bench, given, recogniser)
    return [
        figure("animation_assertions", len(asserted), "frames", "lower", frames=len(facts)),
        figure("objects_recall", round(recall_at(seen, truth), 4), "", pictures=len(paths),
               least=Config().object_least),
        figure("mood_coverage", round(moods, 4), "", pictures=len(given.signals)),
    ]  # fmt: skip


def asserts(facts: PictureFacts) -> bool:
    """Say whether anything is asserted that only a model could know."""
    told = (facts.objects, facts.faces, facts.people, facts.shot, facts.scene, facts.mood)
    return any(map(bool, (*told, facts.genres, facts.category)))


def mood_coverage(bench: Bench, given: Labelled, recogniser: PictureRecogniser) -> float:
    """Return of which share of the photographs a mood is told, by heads without their theme."""
    paths = read_labels("mood", bench.media / "images/mood").paths
    known = np.zeros(len(paths))
    for head, test in heads_apart(given, SEEDS[0]):
        for at in test:
            found = apply(head, given.signals[at])
            known[at] = found[1] if found else 0.0
    doubts = [recogniser.recognise(opened(path)).unsure.get("mood") for path in paths]
    believed = np.array([why not in (UNLIKE, GRAIN) for why in doubts])
    return float((believed & (known >= Config().mood_least)).mean())


def frames(clip: Path, step: int) -> list[Any]:
    """Return every so many frames of a clip."""
    import av

    with av.open(str(clip)) as container:
        every = enumerate(container.decode(video=0))
        return [frame.to_ndarray(format="rgb24") for at, frame in every if at % step == 0]


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with media/ and data/")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, help="where signals are kept")
    parser.add_argument("--parts", nargs="*", default=PARTS, choices=PARTS)
    asked = parser.parse_args()
    bench = Bench(asked.data, asked.work)
    measures = dict(zip(PARTS, (measure_objects, measure_mood, measure_genre, measure_class,
                                measure_doubt), strict=True))  # fmt: skip
    figures: Figures = []
    for part in asked.parts:
        found = measures[part](bench)
        for one in found:
            say(f"{one['name']}: {one['value']} {one['at']}")
        figures += found
    write_figures(asked.out, "bench pictures recognition", figures, bench.hashes, SEEDS[0])


if __name__ == "__main__":
    sys.exit(main())
