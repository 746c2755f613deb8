"""Opening pictures, bringing models, reading tokens and labels: what is right, what is refused."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pasand.adapters import vision_shelf
from pasand.adapters.picture_labels import read_labels
from pasand.adapters.vision_litert import LiteRtModel, with_outputs
from pasand.adapters.vision_onnx import OnnxModel
from pasand.adapters.vision_pictures import opened, opened_bytes, resized
from pasand.adapters.vision_shelf import Known, KnownFile, ModelShelf, download, known_models
from pasand.adapters.vision_tokens import Tokens
from pasand.errors import InvalidInput, NotFound, TooMuch


def encoded(picture: np.ndarray, format: str = "PNG", **more: object) -> bytes:
    held = io.BytesIO()
    Image.fromarray(picture).save(held, format, **more)
    return held.getvalue()


def test_a_picture_comes_as_it_was_painted() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
    assert np.array_equal(opened_bytes(encoded(picture)), picture)
    grey = opened_bytes(encoded(picture[..., 0]))
    assert grey.shape == (20, 30, 3) and np.array_equal(grey[..., 0], grey[..., 2])


def test_a_picture_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(np.zeros((20, 30, 3), np.uint8), "JPEG", exif=exif)
    assert opened_bytes(data).shape == (30, 20, 3)


def test_what_is_no_picture_or_too_large_is_refused(tmp_path: Path) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
    for data in (b"", b"hello", svg, b"#EXTM3U\n", encoded(np.zeros((9, 9, 3), np.uint8))[:40]):
        with pytest.raises(InvalidInput):
            opened_bytes(data)
    huge = encoded(np.zeros((9, 9), np.uint8))
    header = huge[:16] + (7000).to_bytes(4, "big") * 2 + huge[24:29]
    header += __import__("zlib").crc32(header[12:29]).to_bytes(4, "big") + huge[33:]
    with pytest.raises(TooMuch, match="7,000"):
        opened_bytes(header)
    with pytest.raises(InvalidInput):
        opened(tmp_path / "nowhere.png")


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40), st.integers(1, 40))
def test_scaling_gives_the_size_asked_for(tall: int, wide: int, width: int, height: int) -> None:
    picture = np.full((tall, wide, 3), 77, np.uint8)
    found = resized(picture, width, height)
    assert found.shape == (height, width, 3) and np.all(found == 77)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Have a registry of two models; return what their addresses give."""
    right = hashlib.sha256(b"weights").hexdigest()
    models = {
        "sure": Known("sure", "objects", "MIT", "", (KnownFile("w.onnx", "https://x/w", right),)),
        "new": Known("new", "words", "MIT", "", (KnownFile("n.onnx", "https://x/n", ""),)),
    }
    monkeypatch.setattr(vision_shelf, "known_models", lambda: models)
    return {"https://x/w": b"weights", "https://x/n": b"anything"}


def test_models_are_brought_and_held_to_what_they_are(
    tmp_path: Path, registry: dict[str, bytes]
) -> None:
    shelf = ModelShelf(tmp_path / "home")
    assert shelf.find("sure") is None and shelf.damage("sure") == "not here"
    files = shelf.bring("sure", None, registry.__getitem__)
    assert files["w.onnx"].read_bytes() == b"weights" and shelf.damage("sure") == ""
    files["w.onnx"].write_bytes(b"other")
    assert "not what it should be" in shelf.damage("sure")
    with pytest.raises(InvalidInput, match="not what it should be"):
        shelf.bring("sure", None, lambda address: b"forged")
    with pytest.raises(NotFound):
        shelf.bring("unknown", None, registry.__getitem__)


def test_from_a_folder_a_model_is_found_wherever_it_lies(
    tmp_path: Path, registry: dict[str, bytes]
) -> None:
    (tmp_path / "from" / "deep").mkdir(parents=True)
    with pytest.raises(NotFound):
        ModelShelf(tmp_path / "home").bring("sure", tmp_path / "from", registry.__getitem__)
    (tmp_path / "from" / "deep" / "w.onnx").write_bytes(b"weights")
    assert ModelShelf(tmp_path / "from").find("sure") is not None
    ModelShelf(tmp_path / "home").bring("sure", tmp_path / "from", registry.__getitem__)
    assert ModelShelf(tmp_path / "home").damage("sure") == ""


def test_what_nobody_vouches_for_is_taken_only_on_trust(
    tmp_path: Path, registry: dict[str, bytes]
) -> None:
    shelf = ModelShelf(tmp_path)
    with pytest.raises(InvalidInput, match="Nobody has said"):
        shelf.bring("new", None, registry.__getitem__)
    files = shelf.bring("new", None, registry.__getitem__, trust=True)
    assert shelf.damage("new") == ""
    files["n.onnx"].write_bytes(b"changed")
    assert "not what it should be" in shelf.damage("new")


def test_the_registry_is_whole() -> None:
    for model in known_models().values():
        assert model.licence and model.job and model.files
        for file in model.files:
            assert file.address == "" or file.address.startswith("https://")
            assert len(file.sha256) in (0, 64)
    with pytest.raises(InvalidInput, match="https"):
        download("http://example.org/model")


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.onnx").write_bytes(b"no model")
    (tmp_path / "no.tflite").write_bytes(b"no model at all, and yet some bytes")
    with pytest.raises(InvalidInput, match="no ONNX model"):
        OnnxModel(tmp_path / "no.onnx")
    with pytest.raises(InvalidInput, match="no LiteRT model"):
        LiteRtModel(tmp_path / "no.tflite")
    with pytest.raises(Exception):  # noqa: B017 - of any kind: the caller turns it into ours.
        with_outputs(b"\x00\x00", (1,))


def clip(path: Path, **more: object) -> Path:
    vocabulary = ["<|startoftext|>", "<|endoftext|>", "a", "b</w>", "ab</w>", "a</w>", "!</w>"]
    model = {
        "vocab": {word: at for at, word in enumerate(vocabulary)},
        "merges": ["a b</w>"],
        "end_of_word_suffix": "</w>",
    }
    path.write_text(json.dumps({"model": model | more}), "utf-8")
    return path


def test_clips_words_end_and_pairs_are_merged(tmp_path: Path) -> None:
    tokens = Tokens(clip(tmp_path / "t.json"), 6)
    assert tokens.numbers("AB a!") == [0, 4, 5, 6, 1]
    assert tokens.rows(["ab", ""]).tolist() == [[0, 4, 1, 1, 1, 1], [0, 1, 1, 1, 1, 1]]
    assert tokens.numbers("ab " * 9) == [0, 4, 4, 4, 4, 1]


def test_the_other_flavour_spells_what_it_does_not_know(tmp_path: Path) -> None:
    vocabulary = ["<pad>", "<eos>", "▁", "r", "ed", "red", "e", "d", "<0xC3>", "<0xA9>", "▁red"]
    model = {
        "vocab": {word: at for at, word in enumerate(vocabulary)},
        "merges": [["e", "d"], ["r", "ed"], ["▁", "red"]],
    }
    path = tmp_path / "t.json"
    path.write_text(json.dumps({"model": model}), "utf-8")
    tokens = Tokens(path, 8)
    assert tokens.numbers("Red red é") == [5, 10, 2, 8, 9, 1]
    assert tokens.rows(["red"]).tolist() == [[5, 1, 0, 0, 0, 0, 0, 0]]


def test_what_is_no_tokenizer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('{"model": {"vocab": {}}}', "utf-8")
    with pytest.raises(InvalidInput, match="no byte pair"):
        Tokens(tmp_path / "t.json", 4)


def test_labels_are_read_for_each_kind_of_head(tmp_path: Path) -> None:
    rows = "file,valence_mean,arousal_mean,theme\na.jpg,7,1,sea\nb.jpg,4,4,sea\nc.jpg,1,7,war\n"
    (tmp_path / "labels.csv").write_text(rows, "utf-8")
    mood = read_labels("mood", tmp_path)
    assert mood.truth.tolist() == [[1.0, -1.0], [0.0, 0.0], [-1.0, 1.0]]
    assert mood.group[0] == mood.group[1] != mood.group[2]
    rows = "file,genres\n" + "".join(f"{n}.jpg,Comedy|War\n" for n in range(10)) + "z.jpg,Rare\n"
    (tmp_path / "labels.csv").write_text(rows, "utf-8")
    genre = read_labels("genre", tmp_path)
    assert genre.names == ("Comedy", "War") and genre.truth[:, 0].sum() == 10
    for name in ("b", "a"):
        (tmp_path / "shop" / name).mkdir(parents=True)
        (tmp_path / "shop" / name / "1.png").write_bytes(b"")
    shop = read_labels("class", tmp_path / "shop")
    assert shop.names == ("a", "b") and shop.truth.tolist() == [[1.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize("kind", ["mood", "genre", "class", "taste"])
def test_labels_that_cannot_be_used_are_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(InvalidInput):
        read_labels(kind, tmp_path)
    (tmp_path / "labels.csv").write_text("file,valence_mean\na.jpg,high\n", "utf-8")
    with pytest.raises(InvalidInput):
        read_labels(kind, tmp_path)
