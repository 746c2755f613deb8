"""Run every proof in its long form and keep what was found: ``make soak``.

Each proof runs in parts, every part a command of its own with its own seed, so that any of them
can be had again alone. After each part ``bench/results/soak.json`` is written. Run again at the
same commit, it goes on where it stopped; at another one it begins anew. With ``--minutes`` each
proof gets a share of the time, and the figures say how much was really done. Most of a proof is
waiting for a disk, so ``--beside`` runs several parts at once.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pasand import __version__
from pasand.cli.options import commit, figure, machine, say

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "bench" / "results" / "soak.json"
PROPERTIES = "properties"
State = dict[str, Any]


@dataclass(frozen=True)
class Proof:
    """``total`` runs in parts of ``part``, by ``pasand bench NAME --OPTION part --seed n``."""

    name: str
    option: str
    total: int
    part: int


PROOFS = (
    Proof("kill9", "--rounds", 1_000, 25),
    Proof("powercut", "--cuts", 100_000, 2_000),
    Proof("diskfault", "--faults", 20_000, 1_000),
    Proof("tenants", "--steps", 1_000_000, 20_000),
    Proof("fuzz", "--cases", 1_000_000, 5_000),
    Proof("hostile", "--files", 100_000, 5_000),
    Proof("swaps", "--swaps", 10_000, 1_000),
)


def main(arguments: list[str] | None = None) -> int:
    """Run what is wanted; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=0.0, help="time for all; 0: no limit")
    parser.add_argument("--only", nargs="*", default=[], help="names of proofs; all when left out")
    parser.add_argument("--total", type=int, default=0, help="another total for each")
    parser.add_argument("--part", type=int, default=0, help="another size of parts")
    parser.add_argument("--beside", type=int, default=1, help="parts that run at once")
    parser.add_argument("--fresh", action="store_true", help="begin anew")
    parser.add_argument("--out", type=Path, default=RESULT, help="file of the figures")
    wanted = parser.parse_args(arguments)
    state = {} if wanted.fresh else _before(wanted.out)
    proofs = [
        Proof(p.name, p.option, wanted.total or p.total, wanted.part or p.part)
        for p in PROOFS
        if _wanted(p.name, wanted.only) and _known(p.name)
    ]
    names = [p.name for p in proofs] + [PROPERTIES] * _wanted(PROPERTIES, wanted.only)
    end_s = time.monotonic() + 60 * wanted.minutes if wanted.minutes else float("inf")
    for place, name in enumerate(names):
        now_s = time.monotonic()
        share_s = now_s + (end_s - now_s) / (len(names) - place)
        if name == PROPERTIES:
            _properties(state, share_s, wanted.out)
        else:
            _prove(proofs[place], state, share_s, wanted.out, max(1, wanted.beside))
    failures = [text for kept in state.values() for text in kept["failures"]]
    for text in failures:
        say(text)
    return 1 if failures else 0


def _prove(proof: Proof, state: State, until_s: float, out: Path, beside: int) -> None:
    kept = state.setdefault(proof.name, _nothing(proof.total))
    kept["of"] = proof.total
    begun = False
    while kept["done"] < proof.total and (time.monotonic() < until_s or not begun):
        begun = True
        started = time.monotonic()
        parts = _next_parts(proof, kept, beside)
        with ThreadPoolExecutor(beside) as pool:
            for part, done in zip(parts, pool.map(_run, parts), strict=True):
                _take(kept, done, f"pasand {' '.join(part.command)}")
                kept["done"] += part.count
                kept["parts"] = part.seed
        kept["seconds"] = round(kept["seconds"] + time.monotonic() - started, 1)
        say(f"{proof.name}: {kept['done']:,} of {proof.total:,} in {kept['seconds']:,.0f} s")
        _write(state, out)


@dataclass(frozen=True)
class Part:
    """So many runs of a proof under one seed."""

    command: tuple[str, ...]
    count: int
    seed: int


def _next_parts(proof: Proof, kept: State, beside: int) -> list[Part]:
    parts: list[Part] = []
    left, seed = proof.total - kept["done"], kept["parts"] + 1
    while left > 0 and len(parts) < beside:
        count = min(proof.part, left)
        command = ("bench", proof.name, proof.option, str(count), "--seed", str(seed), "--json")
        parts.append(Part(command, count, seed))
        left, seed = left - count, seed + 1
    return parts


def _run(part: Part) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pasand", *part.command]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _take(kept: State, done: subprocess.CompletedProcess[str], command: str) -> None:
    """Add a part's figures to those of the parts before."""
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        report = {"figures": []}
    for one in report["figures"]:
        before = kept["figures"].get(one["name"])
        # Counts add up; of rates and times the worst of all parts says most.
        if before and "/" not in one["unit"] and one["unit"] not in ("s", "ms", "MB"):
            one["value"] += before["value"]
        elif before:
            worst = max if one["better"] == "lower" else min
            one["value"] = worst(one["value"], before["value"])
        kept["figures"][one["name"]] = {k: one[k] for k in ("value", "unit", "better")}
    if done.returncode or not report["figures"]:
        kept["failures"].append(f"{command}: {done.stderr.strip()[-2_000:]}")


def _properties(state: State, until_s: float, out: Path) -> None:
    """Run each file of property tests with many examples."""
    # The project asks for -q once already; twice, no count would be printed.
    pytest = [sys.executable, "-m", "pytest", "-m", "hypothesis"]
    found = subprocess.run(
        [*pytest, "--collect-only"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    files = sorted(set(re.findall(r"^(tests/\S+\.py)", found.stdout, re.MULTILINE)))
    kept = state.setdefault(PROPERTIES, {**_nothing(len(files)), "files": []})
    kept["of"] = len(files)
    for name in [name for name in files if name not in kept["files"]]:
        if time.monotonic() > until_s and kept["files"]:
            return
        started = time.monotonic()
        done = subprocess.run(
            [*pytest, "--hypothesis-profile=soak", name],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
        for what in ("passed", "failed"):
            count = re.search(rf"(\d+) {what}", done.stdout)
            before = kept["figures"].get(f"property_tests_{what}", {"value": 0})["value"]
            kept["figures"][f"property_tests_{what}"] = {
                "value": before + (int(count[1]) if count else 0),
                "unit": "tests",
                "better": "higher" if what == "passed" else "lower",
            }
        if done.returncode:
            kept["failures"].append(f"{name}: {done.stdout[-2_000:]}")
        kept["files"].append(name)
        kept["done"] = kept["parts"] = len(kept["files"])
        kept["seconds"] = round(kept["seconds"] + time.monotonic() - started, 1)
        say(f"{name}: {kept['done']} of {len(files)} files in {kept['seconds']:,.0f} s")
        _write(state, out)


def _nothing(total: int) -> State:
    return {"done": 0, "of": total, "parts": 0, "seconds": 0.0, "figures": {}, "failures": []}


def _wanted(name: str, only: list[str]) -> bool:
    return not only or name in only


def _known(name: str) -> bool:
    """Whether there is such a benchmark."""
    command = [sys.executable, "-m", "pasand", "bench", name, "--help"]
    return not subprocess.run(command, capture_output=True, check=False).returncode


def _before(out: Path) -> State:
    """Return what was done at this commit before."""
    try:
        report = json.loads(out.read_text("utf-8"))
    except (OSError, json.JSONDecodeError):
        return {}
    return dict(report["proofs"]) if report["commit"] == commit() else {}


def _write(state: State, out: Path) -> None:
    """Write figures as every benchmark does, and beside them what is needed to go on."""
    figures = [
        figure(
            name, one["value"], one["unit"], one["better"],
            proof=proof, done=kept["done"], of=kept["of"], seeds=f"1 to {kept['parts']}",
        )
        for proof, kept in state.items()
        for name, one in kept["figures"].items()
    ]  # fmt: skip
    report = {
        "command": "make soak",
        "version": __version__,
        "commit": commit(),
        "machine": machine(),
        "data": {},
        "seed": 1,
        "figures": figures,
        "proofs": state,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_suffix(".part")
    draft.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    draft.replace(out)


if __name__ == "__main__":
    sys.exit(main())
