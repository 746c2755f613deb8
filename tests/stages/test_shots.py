"""Shots of invented films: cuts and dissolves are found, light, flashes and pans are not taken."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from pasand.stages.film.shots import Config, ShotFinder

Frames = NDArray[np.uint8]


def scene(seed: int, count: int, moving: float = 0.0) -> NDArray[np.float64]:
    """Return frames of one invented place, with something that wanders through it."""
    chance = np.random.default_rng(seed)
    rough = chance.uniform(20, 235, (3, 6, 10))
    place = np.repeat(np.repeat(rough, 7, 1), 8, 2)[:, :36, :64]
    shown = np.stack([np.roll(place, int(moving * t), 2) for t in range(count)])
    for t in range(count):
        shown[t, :, 14:22, (2 * t) % 50 : (2 * t) % 50 + 8] = 128
    return shown + chance.normal(0, 2, shown.shape)


def film(*parts: NDArray[np.float64]) -> Frames:
    return np.clip(np.concatenate(parts), 0, 255).astype(np.uint8)


def dissolve(one: NDArray[np.float64], other: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Return two scenes with the last n frames of one mixed with the first n of the other."""
    share = (np.arange(n) + 1)[:, None, None, None] / (n + 1)
    return np.concatenate([one[:-n], (1 - share) * one[-n:] + share * other[:n], other[n:]])


def found(frames: Frames, batch: int = 64) -> list[tuple[str, int, int]]:
    finder = ShotFinder()
    for at in range(0, len(frames), batch):
        finder.add(frames[at : at + batch])
    return [(one.kind, one.first, one.last) for one in finder()[1]]


def test_hard_cuts_are_found_wherever_a_batch_ends() -> None:
    frames = film(*(scene(seed, 40) for seed in range(6)))
    wanted = [("cut", at, at) for at in (40, 80, 120, 160, 200)]
    assert all(found(frames, batch) == wanted for batch in (1, 40, 64, 999))


def test_a_dissolve_is_found_between_its_ends() -> None:
    for length in (10, 16, 24, 40):
        frames = film(dissolve(scene(1, 90), scene(2, 90), length))
        ((kind, first, last),) = found(frames)
        assert kind == "dissolve"
        assert abs(first - (90 - length)) <= 3 and abs(last - 89) <= 3, length


def test_a_flash_is_no_cut() -> None:
    frames = film(scene(1, 60))
    frames[30] = 250
    assert not found(frames)


def test_light_that_goes_on_is_no_dissolve() -> None:
    light = np.interp(np.arange(90), [30, 55], [0.35, 1.0])[:, None, None, None]
    assert not found(film(scene(3, 90) * light))


def test_a_quick_pan_is_no_cut() -> None:
    assert not found(film(scene(4, 90, moving=1.5)))


def test_fades_from_black_are_called_fades() -> None:
    black = np.full((40, 3, 36, 64), 16.0)
    ((kind, first, last),) = found(film(dissolve(black, scene(5, 80), 20)))
    assert kind == "fade" and 18 <= first <= 26 and 34 <= last <= 42


def test_nothing_has_no_shots() -> None:
    assert ShotFinder()() == ([], [])


@settings(max_examples=40, deadline=None)
@given(
    arrays(np.uint8, st.tuples(st.integers(1, 30), st.just(3), st.just(36), st.just(64))),
    st.integers(1, 40),
)
def test_shots_and_transitions_share_the_film(frames: Frames, batch: int) -> None:
    """Whatever comes, every frame is of one shot or of a slow transition, and none of two."""
    finder = ShotFinder(Config(change_min=0.5, same=1.1))
    for at in range(0, len(frames), batch):
        finder.add(frames[at : at + batch])
    shots, transitions = finder()
    taken = [n for shot in shots for n in range(shot.first, shot.end)]
    taken += [n for one in transitions if one.kind != "cut" for n in range(one.first, one.last + 1)]
    assert sorted(taken) == list(range(len(frames)))
