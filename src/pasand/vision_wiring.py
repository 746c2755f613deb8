"""The wiring of vision: of each job the best model that is there, and without one the next best.

The order is: an image-text model for words, small models for the rest, statistics for what can be
computed. What a folder lacks, or what cannot be opened, costs its own job and no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from pasand.adapters.vision_heads import HeadFolder
from pasand.adapters.vision_litert import LiteRtModel
from pasand.adapters.vision_onnx import OnnxModel
from pasand.adapters.vision_pictures import resized
from pasand.adapters.vision_shelf import ModelShelf, known_models
from pasand.adapters.vision_words import OnnxWordMatcher, Reads
from pasand.errors import NotFound, PasandError
from pasand.picture_ports import Picture
from pasand.stages.recognise import body, expression, faces, objects, viewing, words
from pasand.stages.recognise.eyes import Eyes
from pasand.stages.recognise.heads import head_of
from pasand.stages.recognise.recogniser import Config, PictureRecogniser
from pasand.stages.recognise.signals import Signals

__all__ = [
    "MODELS_FOLDER",
    "head_folder",
    "make_eyes",
    "make_learner",
    "make_recogniser",
    "model_shelf",
]

#: Below a home.
MODELS_FOLDER = "vision/models"
HEADS_FOLDER = "vision/heads"
#: A finder tells all it suspects: the bars for telling are the recogniser's.
SUSPECTS = 0.1
WORD_MODELS = ("siglip2", "mobileclip-s0")
CLASS_TAPS = {"features": ("top/", 1280), "logits": ("SpatialSqueeze", 1001)}

Made = TypeVar("Made")
Files = Mapping[str, Path]


def model_shelf(home: Path) -> ModelShelf:
    """Return where a home keeps vision models."""
    return ModelShelf(home / MODELS_FOLDER)


def head_folder(home: Path) -> HeadFolder:
    """Return where a home keeps trained heads."""
    return HeadFolder(home / HEADS_FOLDER)


def make_recogniser(
    shelf: ModelShelf,
    heads: HeadFolder | None = None,
    config: Config | None = None,
    read_expressions: bool = False,
    warn: Callable[[str], None] | None = None,
) -> PictureRecogniser:
    """Return the best recogniser that these models and heads make."""
    eyes = make_eyes(shelf, heads, read_expressions, warn)
    return PictureRecogniser(config or Config(), eyes, resized)


def make_learner(shelf: ModelShelf) -> tuple[Callable[[Picture], Signals], str]:
    """Return what turns a picture into signals for training, and the models it does it with.

    Joints and the subject's mask are no signals; they are not looked for.
    """
    eyes = replace(make_eyes(shelf), pose=None, subject=None, words=None)
    if eyes.embedder is None:
        fix = "Bring the models first: pasand vision fetch."
        raise NotFound("There is no embedding model here.", field="models", fix=fix)
    named = (eyes.embedder, eyes.classifier, eyes.objects, eyes.faces)
    model = "+".join(one.name for one in named if one)
    return PictureRecogniser(Config(), eyes, resized).learn_from, model


def make_eyes(
    shelf: ModelShelf,
    heads: HeadFolder | None = None,
    read_expressions: bool = False,
    warn: Callable[[str], None] | None = None,
) -> Eyes:
    """Return who does each job. ``warn`` is told of a model that is there and cannot be used."""

    def made(name: str, make: Callable[[Files], Made]) -> Made | None:
        files = shelf.find(name)
        if files is None:
            return None
        try:
            return make(files)
        except PasandError as error:
            if warn:
                warn(f"{name} is not used: {error}")
            return None

    kept = heads.load() if heads else {}
    return Eyes(
        objects=made("yolox-nano", _objects),
        faces=made("yunet", _faces),
        expression=made("mini-xception", _expression) if read_expressions else None,
        embedder=made("mobilenet-embedding", _embedder),
        classifier=made("mobilenet-classes", _classes),
        pose=made("movenet", lambda files: body.MovenetPose(body.Config(), _lite(files), resized)),
        subject=made(
            "deeplab", lambda files: body.DeeplabSubject(body.Config(), _lite(files), resized)
        ),
        words=next(
            (asked for name in WORD_MODELS if (asked := made(name, _asker(name))) is not None), None
        ),
        heads={kind: head_of(arrays, about) for kind, (arrays, about) in kept.items()},
    )


def _only(files: Files, suffix: str) -> Path:
    return next(path for name, path in files.items() if name.endswith(suffix))


def _lite(files: Files, taps: Mapping[str, tuple[str, int]] | None = None) -> LiteRtModel:
    return LiteRtModel(_only(files, ".tflite"), taps)


def _objects(files: Files) -> objects.YoloxObjects:
    network = OnnxModel(_only(files, ".onnx"))
    return objects.YoloxObjects(objects.Config(least=SUSPECTS), network, resized, "yolox-nano")


def _faces(files: Files) -> faces.YunetFaces:
    return faces.YunetFaces(faces.Config(least=0.4), OnnxModel(_only(files, ".onnx")), resized)


def _expression(files: Files) -> expression.XceptionExpression:
    network = OnnxModel(_only(files, ".onnx"))
    return expression.XceptionExpression(expression.Config(), network, resized, "mini-xception")


def _embedder(files: Files) -> viewing.ViewedVector:
    config, name = viewing.Config(), "mobilenet-embedding"
    return viewing.ViewedVector(config, _lite(files), resized, name)


def _classes(files: Files) -> viewing.ViewedClasses:
    named = _only(files, ".txt").read_text("utf-8").strip().split("\n")
    config = viewing.Config(views=(viewing.WHOLE, viewing.MIRRORED))
    network = _lite(files, CLASS_TAPS)
    return viewing.ViewedClasses(config, network, resized, named, "mobilenet-classes")


def _asker(name: str) -> Callable[[Files], words.ZeroShot]:
    reads: Any = known_models()[name].reads

    def make(files: Files) -> words.ZeroShot:
        matcher = OnnxWordMatcher(files, Reads(**reads), name)
        return words.ZeroShot(words.Config(), matcher, objects.COCO_NAMES)

    return make
