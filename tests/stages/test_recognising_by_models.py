"""What networks put out becomes boxes, faces and shot sizes: on outputs made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pasand.adapters.vision_pictures import resized
from pasand.domain.picture_facts import Box, Face, Guess, Seen
from pasand.stages.recognise.body import subject_box
from pasand.stages.recognise.faces import Config as FacesConfig
from pasand.stages.recognise.faces import YunetFaces, frontal
from pasand.stages.recognise.framing import fitted
from pasand.stages.recognise.objects import Config as ObjectsConfig
from pasand.stages.recognise.objects import YoloxObjects
from pasand.stages.recognise.shot import Config as ShotConfig
from pasand.stages.recognise.shot import ShotSize, people_of
from pasand.stages.recognise.suppress import overlaps, surest


class Canned:
    """A network that always gives the same; it keeps what it was given."""

    def __init__(self, outputs: Mapping[str, Any]) -> None:
        self.outputs, self.given = outputs, {}

    def run(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        self.given = dict(inputs)
        return self.outputs


def yolox_output(*things: tuple[int, int, int, float, float, int]) -> NDArray[np.float32]:
    """Return rows of a 416-pixel network: (stride, column, row, width, height, kind) in pixels,
    each found in the middle of its cell.
    """
    output = np.zeros((1, 52 * 52 + 26 * 26 + 13 * 13, 85), np.float32)
    start = {8: 0, 16: 52 * 52, 32: 52 * 52 + 26 * 26}
    for stride, column, row, width, height, kind in things:
        at = start[stride] + row * (416 // stride) + column
        output[0, at, :5] = (0.5, 0.5, np.log(width / stride), np.log(height / stride), 0.9)
        output[0, at, 5 + kind] = 1.0
    return output


def test_boxes_of_every_grid_come_back_to_the_picture() -> None:
    output = yolox_output((8, 10, 5, 24, 16, 16), (16, 4, 3, 64, 32, 0), (32, 9, 2, 100, 60, 2))
    network = Canned({"output": output})
    picture = np.full((208, 416, 3), (1, 2, 3), np.uint8)
    found = YoloxObjects(ObjectsConfig(), network, resized).find(picture)
    assert {seen.name for seen in found} == {"dog", "person", "car"}
    dog = next(seen for seen in found if seen.name == "dog")
    left, top, width, height = dog.box
    # The cell's middle is at 84, 44 of a picture that fills 416 by 208 pixels.
    assert np.allclose((left * 416 + 12, top * 208 + 8), (84, 44), atol=0.1)
    assert np.allclose((width * 416, height * 208), (24, 16), atol=0.1)
    assert dog.confidence == round(float(np.float32(0.9)), 4)


def test_the_network_is_given_blue_first_and_grey_below() -> None:
    network = Canned({"output": yolox_output()})
    picture = np.full((50, 100, 3), (1, 2, 3), np.uint8)
    assert YoloxObjects(ObjectsConfig(), network, resized).find(picture) == ()
    planes = network.given["images"]
    assert planes.shape == (1, 3, 416, 416) and planes.dtype == np.float32
    assert planes[0, :, 100, 200].tolist() == [3, 2, 1]
    assert planes[0, :, 300, 200].tolist() == [114, 114, 114]


def test_what_is_less_sure_is_not_told() -> None:
    network = Canned({"output": yolox_output((8, 10, 5, 24, 16, 16))})
    picture = np.zeros((416, 416, 3), np.uint8)
    assert YoloxObjects(ObjectsConfig(least=0.91), network, resized).find(picture) == ()
    assert len(YoloxObjects(ObjectsConfig(least=0.89), network, resized).find(picture)) == 1


def yunet_outputs(width: int, height: int) -> dict[str, NDArray[np.float32]]:
    found = {}
    for stride in (8, 16, 32):
        cells = (width // stride) * (height // stride)
        for name, numbers in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)):
            found[f"{name}_{stride}"] = np.zeros((1, cells, numbers), np.float32)
    return found


def test_a_face_comes_back_with_its_points() -> None:
    outputs = yunet_outputs(480, 256)
    at = 4 * (480 // 16) + 6  # Column 6, row 4 of the middle grid.
    outputs["cls_16"][0, at] = outputs["obj_16"][0, at] = 0.81
    outputs["bbox_16"][0, at] = (0.5, 0.5, np.log(64 / 16), np.log(80 / 16))
    outputs["kps_16"][0, at] = (-0.5, 0, 1.5, 0, 0.5, 0.5, -0.3, 1, 1.3, 1)
    network = Canned(outputs)
    picture = np.full((256, 480, 3), (9, 8, 7), np.uint8)
    (face,) = YunetFaces(FacesConfig(), network, resized).faces(picture)
    assert network.given["input"].shape == (1, 3, 256, 480)
    assert network.given["input"][0, :, 0, 0].tolist() == [7, 8, 9]
    assert face.confidence == 0.81
    box = np.array(face.box) * (480, 256, 480, 256)
    assert np.allclose(box, (104 - 32, 72 - 40, 64, 80), atol=0.1)
    assert np.allclose(np.array(face.points[2]) * (480, 256), (6.5 * 16, 4.5 * 16), atol=0.1)
    assert face.frontal == 1.0


def test_a_profile_is_not_frontal() -> None:
    ahead = np.array(((0, 0), (4, 0), (2, 2), (0.5, 4), (3.5, 4)), float)
    aside = ahead.copy()
    aside[2, 0] = 4
    assert frontal(ahead) == 1.0
    assert frontal(aside) < 0.1
    assert 0 <= frontal(np.zeros((5, 2))) <= 1


corner = st.floats(0, 100)
boxes = st.lists(
    st.tuples(corner, corner, st.floats(1, 50), st.floats(1, 50), st.floats(0, 1)),
    max_size=12,
)


@given(boxes, st.floats(0.1, 0.9))
def test_no_two_that_stay_overlap_more(
    given_boxes: list[tuple[float, ...]], overlap: float
) -> None:
    rows = np.array(given_boxes, float).reshape(-1, 5)
    corners = np.concatenate((rows[:, :2], rows[:, :2] + rows[:, 2:4]), axis=1)
    kept = surest(corners, rows[:, 4], overlap)
    for at, one in enumerate(kept):
        assert np.all(overlaps(corners[one], corners[kept[at + 1 :]]) <= overlap)
    assert np.all(np.diff(rows[kept, 4]) <= 0)
    # Who went, went for a surer one.
    for lost in set(range(len(rows))) - set(kept.tolist()):
        better = kept[rows[kept, 4] >= rows[lost, 4]]
        assert np.any(overlaps(corners[lost], corners[better]) > overlap)
    # Each in a group of its own, all stay.
    assert len(surest(corners, rows[:, 4], overlap, np.arange(len(rows)))) == len(rows)


@given(st.integers(1, 300), st.integers(1, 300))
def test_a_picture_is_fitted_into_its_frame(wide: int, tall: int) -> None:
    picture = np.full((tall, wide, 3), 200, np.uint8)
    frame, width, height = fitted(picture, resized, 96, 64, 7)
    assert frame.shape == (64, 96, 3)
    assert 1 <= width <= 96 and 1 <= height <= 64 and (width == 96 or height == 64)
    assert np.all(frame[: int(height), : int(width)] == 200)
    assert np.all(frame[int(height) :] == 7) and np.all(frame[:, int(width) :] == 7)


def test_shot_sizes_follow_the_face() -> None:
    size = ShotSize(ShotConfig())
    words = []
    for height in (0.05, 0.2, 0.6):
        guess = size([Face(0.9, Box(0.4, 0.1, height, height))], [])
        assert guess is not None and guess.confidence > 0.8
        words.append(guess.name)
    assert words == ["wide", "medium", "close-up"]
    beside = size([Face(0.9, Box(0.4, 0.1, 0.3, 0.301))], [])
    assert beside is not None and beside.confidence < 0.5
    assert size([], []) is None


def test_a_body_without_a_face_is_told_by_its_joints() -> None:
    size, body = ShotSize(ShotConfig()), Seen("person", 0.8, Box(0.2, 0.0, 0.5, 1.0))
    joints = np.zeros((17, 3), np.float32)
    assert size([], [body], joints) is None
    for joint, word in ((5, "close-up"), (11, "medium"), (13, "wide")):
        joints[joint, 2] = 0.9
        assert size([], [body], joints) == Guess(word, 0.8)
    small = Seen("person", 0.7, Box(0.2, 0.4, 0.1, 0.2))
    assert size([], [small]) == Guess("wide", 0.7)


def test_people_are_the_more_of_faces_and_bodies() -> None:
    face, body = Face(0.9, Box(0, 0, 0.1, 0.1)), Seen("person", 0.6, Box(0, 0, 0.1, 0.5))
    assert people_of([face], [body, body], 0.35) == Guess("two", 0.6)
    assert people_of([face], [], 0.35) == Guess("one", 0.9)
    assert people_of([], [body] * 7, 0.35) == Guess("many", 0.6)
    half_seen = Seen("person", 0.3, Box(0, 0, 0.1, 0.5))
    assert people_of([], [half_seen], 0.35) == Guess("none", 0.7)


def test_a_subject_has_a_box_or_none() -> None:
    mask = np.zeros((100, 100), np.bool_)
    assert subject_box(mask) is None
    mask[20:60, 30:90] = True
    box = subject_box(mask)
    assert box is not None
    assert np.allclose(box, (0.3, 0.2, 0.6, 0.4), atol=0.05)
