"""Everyone who looks at pictures, held to what their port promises.

On networks that are made here they always run; on real ones where those are.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pasand.adapters.vision_litert import LiteRtModel
from pasand.adapters.vision_onnx import OnnxModel
from pasand.adapters.vision_pictures import resized
from pasand.adapters.vision_shelf import ModelShelf
from pasand.adapters.vision_words import OnnxWordMatcher, Reads
from pasand.picture_ports import Embedder, ObjectFinder, WordMatcher
from pasand.stages.recognise import objects, viewing
from pasand.stages.recognise.eyes import Eyes
from pasand.stages.recognise.recogniser import Config, PictureRecogniser
from pasand.testing.litert_writing import litert_model
from pasand.testing.onnx_writing import Node, onnx_model
from pasand.testing.picture_contracts import (
    ClassifierContract,
    EmbedderContract,
    FaceFinderContract,
    ObjectFinderContract,
    PoseFinderContract,
    RecogniserContract,
    SubjectFinderContract,
    WordMatcherContract,
)
from pasand.vision_wiring import make_eyes, make_recogniser

MODELS = Path(__file__).resolve().parents[2] / "../shared/media/models"
real = pytest.mark.skipif(not MODELS.is_dir(), reason="no models in ../shared/media/models")


def yolox_file() -> bytes:
    """Return a network that sees a dog in one cell, surer the lighter the picture is."""
    rows = np.zeros((1, 3549, 85), np.float32)
    rows[0, 100, :4], rows[0, 100, 5 + 16] = (0.5, 0.5, 1.0, 1.0), 1.0
    sure = np.zeros((1, 3549, 85), np.float32)
    sure[0, 100, 4] = 1 / 255
    return onnx_model(
        [
            Node("ReduceMean", ["images"], "light", {"axes": [1, 2, 3], "keepdims": 0}),
            Node("Reshape", ["light", "shape"], "number"),
            Node("Mul", ["sure", "number"], "score"),
            Node("Add", ["rows", "score"], "output"),
        ],
        {"images": (np.float32, (1, 3, 416, 416))},
        ["output"],
        {"rows": rows, "sure": sure, "shape": np.array([1, 1, 1])},
    )


def word_files(folder: Path, side: int = 16, length: int = 8) -> dict[str, Path]:
    """Write an image-text export whose space is red, green, blue, and return its files."""
    words = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1)}
    vision = onnx_model(
        [
            Node("GlobalAveragePool", ["pixel_values"], "mean"),
            Node("Flatten", ["mean"], "image_embeds", {"axis": 1}),
        ],
        {"pixel_values": (np.float32, (1, 3, side, side))},
        ["image_embeds"],
        {},
    )
    letters = sorted({letter for word in words for letter in word})
    vocabulary = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{x}</w>" for x in letters)]
    merges = []
    for word in words:
        parts = [*word[:-1], f"{word[-1]}</w>"]
        while len(parts) > 1:
            merges.append(f"{parts[0]} {parts[1]}")
            parts = [parts[0] + parts[1], *parts[2:]]
            vocabulary += [parts[0]] if parts[0] not in vocabulary else []
    meaning = np.full((len(vocabulary), 3), 0.01, np.float32)
    for word, direction in words.items():
        meaning[vocabulary.index(f"{word}</w>")] = direction
    text = onnx_model(
        [
            Node("Gather", ["meaning", "input_ids"], "rows", {"axis": 0}),
            Node("ReduceMean", ["rows"], "text_embeds", {"axes": [1], "keepdims": 0}),
        ],
        {"input_ids": (np.int64, (1, length))},
        ["text_embeds"],
        {"meaning": meaning},
    )
    model = {
        "type": "BPE",
        "vocab": {word: number for number, word in enumerate(vocabulary)},
        "merges": merges,
        "end_of_word_suffix": "</w>",
    }
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        "vision_model.onnx": vision,
        "text_model.onnx": text,
        "tokenizer.json": json.dumps({"model": model}).encode(),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in contents}


READS = Reads("sigmoid", 16, 0.0, 1.0, 8, 20.0, -10.0)


class TestTinyObjects(ObjectFinderContract):
    def make(self) -> ObjectFinder:
        return objects.YoloxObjects(objects.Config(), OnnxModel(yolox_file()), resized)

    def test_a_light_picture_has_a_dog(self) -> None:
        finder = self.make()
        assert [s.name for s in finder.find(np.full((90, 90, 3), 250, np.uint8))] == ["dog"]
        assert finder.find(np.full((90, 90, 3), 10, np.uint8)) == ()


class TestTinyVector(EmbedderContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.path = tmp_path / "tiny.tflite"
        self.path.write_bytes(litert_model(4, ("picture", "middle/once", "twice")))

    def make(self) -> Embedder:
        config = viewing.Config(side=4, views=(viewing.WHOLE, viewing.MIRRORED))
        return viewing.ViewedVector(config, LiteRtModel(self.path), resized, "tiny")

    def test_a_model_gives_what_lies_before_its_output(self) -> None:
        model = LiteRtModel(self.path, {"before": ("middle/", 48)})
        found = model.run({"image": np.zeros((1, 4, 4, 3))})
        assert np.allclose(found["before"], 0.5)
        assert np.allclose(found["twice"], 1 / (1 + np.exp(-0.5)))
        assert list(LiteRtModel(self.path).run({"image": np.zeros((1, 4, 4, 3))})) == ["twice"]


class TestTinyWords(WordMatcherContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.files = word_files(tmp_path)

    def make(self) -> WordMatcher:
        return OnnxWordMatcher(self.files, READS, "tiny")

    def test_a_red_picture_is_red(self) -> None:
        matcher = self.make()
        texts = matcher.text_vectors(["a red thing", "a green thing", "a blue thing"])
        red = np.full((30, 40, 3), (250, 5, 5), np.uint8)
        assert int(matcher.likelihoods(matcher.picture_vector(red), texts).argmax()) == 0


class TestNoModel(RecogniserContract):
    def make(self) -> PictureRecogniser:
        return PictureRecogniser(Config(), Eyes(), resized)

    def test_it_says_what_it_lacks(self) -> None:
        facts = self.make().recognise(np.full((60, 80, 3), 90, np.uint8))
        jobs = ("objects", "faces", "shot", "scene", "mood", "vector")
        assert facts.unsure == dict.fromkeys(jobs, "no model")


class TestTinyWordsRecogniser(RecogniserContract):
    """An image-text model in a folder of its name is found, and asked before any other."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.shelf = ModelShelf(tmp_path)
        word_files(tmp_path / "siglip2", 224, 64)

    def make(self) -> PictureRecogniser:
        return make_recogniser(self.shelf)

    def test_it_does_what_words_can_do(self) -> None:
        facts = self.make().recognise(np.full((60, 80, 3), (200, 40, 40), np.uint8))
        asked = ("scene", "mood", "genre", "vector")
        assert [facts.providers[job] for job in asked] == ["siglip2"] * 4
        assert facts.unsure["objects"] == "no model"
        assert facts.vector is not None and len(facts.vector.values) == 3

    def test_a_broken_one_costs_its_own_jobs(self) -> None:
        (self.shelf.folder / "siglip2" / "text_model.onnx").write_bytes(b"broken")
        told: list[str] = []
        facts = make_recogniser(self.shelf, warn=told.append).recognise(
            np.full((60, 80, 3), 90, np.uint8)
        )
        assert told and "siglip2 is not used" in told[0]
        assert facts.look is not None and facts.unsure["mood"] == "no model"


def made(job: str) -> Any:
    found = getattr(make_eyes(ModelShelf(MODELS)), job)
    assert found is not None
    return found


@real
class TestRealObjects(ObjectFinderContract):
    def make(self) -> Any:
        return made("objects")


@real
class TestRealFaces(FaceFinderContract):
    def make(self) -> Any:
        return made("faces")


@real
class TestRealVector(EmbedderContract):
    def make(self) -> Any:
        return made("embedder")


@real
class TestRealClasses(ClassifierContract):
    def make(self) -> Any:
        return made("classifier")


@real
class TestRealPose(PoseFinderContract):
    def make(self) -> Any:
        return made("pose")


@real
class TestRealSubject(SubjectFinderContract):
    def make(self) -> Any:
        return made("subject")


@real
class TestRealRecogniser(RecogniserContract):
    def make(self) -> Any:
        return make_recogniser(ModelShelf(MODELS))
