"""Goal: pictures of a folder and of a catalogue get facts, with real models where there are any,
and a head that is trained on labelled pictures speaks from then on.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from pasand.bootstrap import open_home, visit_home
from pasand.cli.app import app
from pasand.domain.catalog import Artwork, Item, facts_of
from pasand.domain.picture_facts import facts_from_json
from pasand.flows.importing import import_parsed

MEDIA = Path(__file__).resolve().parents[2] / "../shared/media"
real = pytest.mark.skipif(not MEDIA.is_dir(), reason="no pictures and models in ../shared/media")


def run(*arguments: str | Path, code: int = 0) -> dict[str, Any]:
    """Return what a command printed for machines."""
    told = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    assert told.exit_code == code, (told.output, told.exception)
    return dict(json.loads(told.stdout)) if told.stdout else {}


def paint(path: Path, colour: tuple[int, int, int]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = np.full((90, 140, 3), colour, np.uint8)
    picture[20:60, 30:70] = 255 - np.array(colour, np.uint8)
    Image.fromarray(picture).save(path)
    return path


def test_without_models_what_can_be_computed_is_told(tmp_path: Path) -> None:
    paint(tmp_path / "in" / "a.png", (200, 30, 30))
    paint(tmp_path / "in" / "deep" / "b.jpg", (20, 20, 90))
    (tmp_path / "in" / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    told = run("artwork", "annotate", tmp_path / "in", "--home", tmp_path / "home")
    files = [Path(row["file"]).name for row in told["pictures"]]
    assert files == ["a.png", "b.jpg"]
    assert [Path(file).name for file in told["problems"]] == ["broken.jpg"]
    warm, cold = told["pictures"]
    assert "colour:warm" in warm["components"] and "colour:cold" in cold["components"]
    assert warm["unsure"]["objects"] == "no model"
    assert facts_from_json(warm).size == (140, 90)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    open_home(home, create=True).close()
    paint(home / "artwork" / "one.png", (200, 30, 30))
    paint(home / "artwork" / "two.png", (20, 20, 90))
    artworks = (
        Artwork(artwork_id="a1", file="one.png", facts={"cast": ["Ann Example"], "note": "ours"}),
        Artwork(artwork_id="a2", file="two.png"),
        Artwork(artwork_id="a3", file="lost.png"),
    )
    visit = visit_home(home)
    try:
        items = [Item(item_id="f1", title="F", artworks=artworks), Item(item_id="f2", title="G")]
        import_parsed(items, "test", visit.owner, 1)
    finally:
        visit.close()
    return home


def items_of(home: Path) -> dict[str, Item]:
    visit = visit_home(home)
    try:
        return {item.item_id: item for item in visit.stores.catalog.items()}
    finally:
        visit.close()


def test_facts_are_written_into_the_catalogue_and_the_operators_stay(home: Path) -> None:
    told = run("artwork", "annotate", "--home", home)
    figures = {row["name"]: row["value"] for row in told["figures"]}
    assert figures["pictures_annotated"] == 2 and figures["pictures_failed"] == 1
    item = items_of(home)["f1"]
    first, second, lost = item.artworks
    assert first.facts["note"] == "ours" and first.facts["cast"] == ["Ann Example"]
    assert first.palette and second.palette and not lost.facts
    pictures = facts_of(item).pictures
    assert "cast:Ann Example" in pictures["a1"] and "colour:cold" in pictures["a2"]
    again = run("artwork", "annotate", "--home", home)
    figures = {row["name"]: row["value"] for row in again["figures"]}
    assert figures["pictures_annotated"] == 0 and figures["items_changed"] == 0
    anew = run("artwork", "annotate", "--home", home, "--again")
    figures = {row["name"]: row["value"] for row in anew["figures"]}
    assert figures["pictures_annotated"] == 2 and figures["items_changed"] == 0


def test_nothing_to_look_at_is_an_error(tmp_path: Path) -> None:
    told = CliRunner().invoke(app, ["artwork", "annotate", str(tmp_path), "--home", str(tmp_path)])
    assert told.exit_code != 0


@real
def test_the_objects_of_real_pictures_are_named() -> None:
    told = run("artwork", "annotate", MEDIA / "images/objects", "--models", MEDIA / "models")
    found = {Path(row["file"]).stem: row["components"] for row in told["pictures"]}
    assert "object:hot dog" in found["hot_dog"]
    assert "object:bird" in found["parrot"]
    assert {"object:dog", "people:none"} <= set(found["pets"])
    assert {"object:kite", "people:many", "shot:wide"} <= set(found["kite_and_cold"])


@real
def test_faces_are_counted() -> None:
    told = run("artwork", "annotate", MEDIA / "images/faces", "--models", MEDIA / "models")
    assert [len(row["faces"]) for row in told["pictures"]] == [3, 3, 3, 4]


@real
def test_models_are_fetched_checked_and_a_head_is_trained(tmp_path: Path) -> None:
    home = tmp_path / "home"
    told = run("vision", "fetch", "--from", MEDIA / "models", "--home", home)
    assert "yolox-nano" in told["models"]
    listed = run("vision", "list", "--home", home)["models"]
    assert {row["name"] for row in listed if row["here"]} == set(told["models"])
    assert run("vision", "check", "--home", home)["problems"] == []
    for kind, colour in (("red", (200, 30, 30)), ("blue", (20, 20, 200))):
        for at in range(8):
            shade = tuple(part + 3 * at for part in colour)
            paint(tmp_path / "shop" / kind / f"{at}.png", shade)  # type: ignore[arg-type]
    trained = run("vision", "train", "class", tmp_path / "shop", "--home", home)
    assert trained["figures"][0]["value"] == 1.0
    model = home / "vision/models/yolox-nano/yolox_nano.onnx"
    model.write_bytes(model.read_bytes()[:-100])
    problems = run("vision", "check", "--home", home, code=1)["problems"]
    assert any(problem.startswith("yolox-nano") for problem in problems)
    # One that is damaged costs its own job and no other.
    row = run("artwork", "annotate", tmp_path / "shop/red/0.png", "--home", home)["pictures"][0]
    assert "objects" not in row["providers"] and row["providers"]["faces"] == "yunet"
