"""Drawn artwork: the same from a scene, different between scenes, whole files only."""

import re

import numpy as np
import pytest

from pasand.world.scenes import MOODS, OBJECTS, SETTINGS, Scene
from pasand.world.titles import make_titles

pytest.importorskip("PIL", reason="pictures are drawn with Pillow, which is not installed")

from pasand.world.draw import draw, draw_all, palette

NOW_MS = 1_795_000_000_000


def test_the_same_scene_is_the_same_picture():
    scene = Scene("tender", "sea", 2, "boat", 11)
    first, second = (draw(scene, "Salt Wind", 320, 180) for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_another_seed_is_another_picture():
    one, other = (draw(Scene("calm", "road", 1, "car", seed), "", 160, 90) for seed in (1, 2))
    difference = np.abs(np.asarray(one, float) - np.asarray(other, float)).mean()
    assert difference > 5


@pytest.mark.parametrize("size", [(640, 360), (320, 180), (300, 450), (64, 36)])
def test_sizes(size):
    assert draw(Scene("epic", "mountains", 3, "horse", 5), "Paper Hearts", *size).size == size


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_combination_draws(setting):
    for k, mood in enumerate(MOODS):
        for thing in OBJECTS:
            picture = draw(Scene(mood, setting, k % 4, thing, k), "", 96, 54)
            assert np.asarray(picture).std() > 5


def test_long_titles_stay_inside():
    scene = Scene("calm", "sea", 0, "boat", 3)
    for title in ("The Extraordinarily Long Inheritance of Marigold Harbour", "W" * 60):
        with_title = np.asarray(draw(scene, title, 320, 180))
        assert (with_title[:, -4:] > 235).all(axis=2).mean() < 0.01


def test_palette_is_two_hex_colours():
    for mood in MOODS:
        colours = palette(Scene(mood, "sea", 0, "boat", 1))
        assert len(colours) == 2
        assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours)


def test_draw_all_draws_what_is_missing(tmp_path):
    titles = make_titles(7, NOW_MS, 2)
    count = sum(len(title.scenes) for title in titles)
    seen = []
    assert draw_all(titles, tmp_path, 1, lambda done, total: seen.append((done, total))) == count
    assert seen[-1] == (count, count)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == sorted(a.file for title in titles for a in title.item.artworks)
    assert draw_all(titles, tmp_path, 1) == 0
    (tmp_path / files[0]).unlink()
    assert draw_all(titles, tmp_path, 1) == 1


def test_draw_all_in_two_processes(tmp_path):
    titles = make_titles(7, NOW_MS, 8)
    count = sum(len(title.scenes) for title in titles)
    assert draw_all(titles, tmp_path, 2) == count
    assert len(list(tmp_path.iterdir())) == count
