"""``from pasand import ...``: what is offered is there, and costs nothing until it is named."""

from __future__ import annotations

import subprocess
import sys
from importlib import resources

import pytest

import pasand


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_everything_offered_is_there() -> None:
    assert list(pasand.__all__) == sorted(
        pasand.__all__, key=lambda name: (0 if name[:1].isupper() else 1, name)
    )
    for name in pasand.__all__:
        assert getattr(pasand, name).__doc__ is not None
        assert name in dir(pasand)
    with pytest.raises(AttributeError, match="no attribute 'Popular'"):
        pasand.Popular  # noqa: B018


def test_a_star_import_brings_what_is_offered() -> None:
    code = "from pasand import *; print(EaseRecommender(), compare.__name__)"
    assert run(code) == "EaseRecommender() compare"


def test_the_package_alone_loads_nothing() -> None:
    code = (
        "import sys; import pasand; "
        "print([m for m in sys.modules if m == 'numpy' or m.startswith('pasand.')])"
    )
    assert run(code) == "[]"


def test_models_load_neither_frames_nor_heavy_libraries() -> None:
    code = (
        "import sys; from pasand import *; "
        "print({'pandas', 'polars', 'pyarrow', 'torch', 'sklearn', 'starlette', 'apsw'} "
        "& set(sys.modules))"
    )
    assert run(code) == "set()"


def test_the_package_says_that_it_is_typed() -> None:
    assert resources.files("pasand").joinpath("py.typed").is_file()
