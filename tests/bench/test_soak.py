"""The long proofs go on where they stopped, add up what they found, and tell of failures."""

from __future__ import annotations

import json
import sys
from importlib import util
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"


def script(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = util.spec_from_file_location(name, BENCH / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = util.module_from_spec(spec)
    monkeypatch.syspath_prepend(BENCH)
    # A dataclass looks its module up while it is made.
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


def test_a_soak_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    soak = script("soak", monkeypatch)
    out = tmp_path / "results" / "soak.json"
    options = ["--only", "powercut", "--total", "60", "--part", "20", "--out", str(out)]
    # No time at all is still enough for one part of each, or for those that run beside it.
    assert soak.main([*options, "--minutes", "0.0001", "--beside", "2"]) == 0
    first = json.loads(out.read_text())
    assert first["proofs"]["powercut"]["done"] == 40
    assert soak.main(options) == 0
    second = json.loads(out.read_text())
    figures = {one["name"]: one for one in second["figures"]}
    acked = figures["powercut_acked"]
    assert acked["at"] == {"proof": "powercut", "done": 60, "of": 60, "seeds": "1 to 3"}
    assert acked["value"] > first["figures"][0]["value"] > 0
    assert figures["powercut_lost"]["value"] == 0
    assert set(second) >= {"command", "version", "commit", "machine", "data", "seed", "date"}
    # Done is done; at another commit all begins anew.
    assert soak.main(options) == 0
    assert json.loads(out.read_text()) == second
    monkeypatch.setattr(soak, "commit", lambda: "another")
    assert soak._before(out) == {}
    tables = script("tables", monkeypatch)
    monkeypatch.setattr(tables, "FOLDER", tmp_path)
    assert "| powercut | 60 | 60 | powercut_acked" in tables.soak_table()
    out.unlink()
    assert tables.soak_table() == ""


def test_a_part_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    soak = script("soak", monkeypatch)
    monkeypatch.setattr(soak, "PROOFS", (soak.Proof("powercut", "--no-such-option", 3, 3),))
    out = tmp_path / "soak.json"
    assert soak.main(["--only", "powercut", "--out", str(out)]) == 1
    (failure,) = json.loads(out.read_text())["proofs"]["powercut"]["failures"]
    assert "--no-such-option" in failure
