"""What docs/library.md and the notebook show is run, warnings being errors, and holds."""

from __future__ import annotations

import inspect
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pasand
from pasand import Recommender

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "examples" / "notebooks"
PAGE = (ROOT / "docs" / "library.md").read_text("utf-8")


def test_the_examples_of_the_page_run(tmp_path: Path) -> None:
    shutil.copy(NOTEBOOKS / "plays.csv", tmp_path)
    blocks = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 5
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(blocks)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "comparison.svg").read_text("utf-8").startswith("<svg")


def test_every_model_is_on_the_page() -> None:
    offered = (getattr(pasand, name) for name in pasand.__all__)
    models = {
        kind.__name__
        for kind in offered
        if inspect.isclass(kind) and issubclass(kind, Recommender) and kind is not Recommender
    }
    assert models == set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) & models
    assert models == {row for row in re.findall(r"`(\w+Recommender)`", PAGE)}


def test_the_notebooks_run_and_show_what_they_are_stored_with() -> None:
    script = ROOT / "scripts" / "notebook_outputs.py"
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script), "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, f"Run {script.name} again:\n{done.stderr}"


def test_notebooks_are_small_and_show_a_table_and_a_plot() -> None:
    for path in NOTEBOOKS.glob("*.ipynb"):
        assert path.stat().st_size < 100_000
        cells = json.loads(path.read_text("utf-8"))["cells"]
        shown = {kind for cell in cells for o in cell.get("outputs", ()) for kind in o["data"]}
        assert {"text/html", "image/svg+xml"} <= shown
