"""Goal: learning survives a kill, promotions cost no page, and going back takes seconds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from test_first_hour import EXAMPLES, Pasand, Server

from pasand.bench.catalogue import Size, write_events, write_items, write_members
from pasand.bench.swaps import varied_snapshots
from pasand.cli.gate import examine_in
from pasand.flows.gating import Stretch
from pasand.flows.promoting import may_go_live
from pasand.settings import LearnSettings
from pasand.testing import samples

NOW_MS = samples.NOW_MS
SIZE = Size(items=120, profiles=60, events_each=20)
#: Going back must show on a page within 5 seconds; a machine that does other things gets more.
WAIT_S = 60.0


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Pasand:
    """A home with enough events to measure quality by, and with two snapshots."""
    pasand = Pasand(tmp_path_factory.mktemp("learned"))
    files = {name: str(pasand.folder / name) for name in ("i.jsonl", "m.csv", "e.csv")}
    write_items(pasand.folder / "i.jsonl", SIZE, NOW_MS)
    write_members(pasand.folder / "m.csv", SIZE)
    write_events(pasand.folder / "e.csv", SIZE, NOW_MS)
    pasand.run("init")
    pasand.run("import", "items", files["i.jsonl"])
    pasand.run("import", "members", files["m.csv"])
    pasand.run("import", "events", files["e.csv"])
    return pasand


def snapshots(pasand: Pasand) -> dict[str, dict[str, Any]]:
    """Return the listed snapshots by id, newest first."""
    return {row["snapshot_id"]: row for row in pasand.json("models", "list")["snapshots"]}


def test_learning_goes_on_after_a_kill(learned: Pasand) -> None:
    home = learned.folder / "pasand-data"
    leftover = home / "snapshots" / ".draft-1"
    leftover.mkdir(parents=True)
    (leftover / "half.npy").write_bytes(b"half")
    rehearsed = home / "training" / "rehearsal" / "light.done"
    child = subprocess.Popen(
        [sys.executable, "-m", "pasand", "learn"], cwd=learned.folder, env=learned.environment,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    while child.poll() is None and not any(rehearsed.glob("[!.]*")):
        time.sleep(0.002)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL, "it had ended before it was killed"
    assert snapshots(learned) == {}, "something half-made is there"
    told = learned.json("learn")
    (found,) = snapshots(learned).values()
    assert found["snapshot_id"] == told["snapshot"] and found["state"] == "live"
    assert found["quality"]["target_count"] >= 30 and found["models"] == told["models"]
    assert sorted(path.name for path in (home / "snapshots").iterdir()) == [told["snapshot"]]
    assert not (home / "training").exists()
    assert (home / "snapshot.key").stat().st_mode & 0o777 == 0o600


def test_two_do_not_learn_at_once(learned: Pasand) -> None:
    from pasand.adapters.training_folder import TrainingFolder

    training = TrainingFolder(learned.folder / "pasand-data")
    assert "is learning" in learned.run("learn", code=3)
    training.release()


def test_going_back_is_one_command_and_shows_on_the_next_page(learned: Pasand) -> None:
    key = learned.json("key", "create", "test")["secret"]
    (first,) = snapshots(learned)
    server = learned.serve()
    try:
        second = learned.json("learn")["snapshot"]
        until(server, key, second)
        states = {name: row["state"] for name, row in snapshots(learned).items()}
        assert states == {second: "live", first: "previous"}
        back = learned.json("models", "rollback")
        assert (back["snapshot"], back["before"]) == (first, second)
        until(server, key, first)
        assert "no snapshot to go back to" in learned.run("models", "rollback", code=2)
        # It passed the gate before, so it is live at once.
        assert learned.json("models", "promote", second)["before"] == first
        until(server, key, second)
        learned.run("models", "rollback", "--to", first)
        until(server, key, first)
        told = learned.json("models", "list")["promotions"]
        assert [row["snapshot_id"] for row in told] == [first, second, first, second, first]
        assert "no snapshot nowhere" in learned.run("models", "promote", "nowhere", code=2)
    finally:
        server.stop()


def until(server: Server, key: str, snapshot_id: str) -> None:
    """Wait for a page that names a snapshot, on both processes that make pages."""
    started = time.monotonic()
    while time.monotonic() < started + WAIT_S:
        page = server.ask("/v1/page?member_id=m1&device=tv", key)
        if page["snapshot"] == snapshot_id:
            return
        time.sleep(0.05)
    raise AssertionError(f"no page names {snapshot_id}")


@pytest.mark.parametrize("filled", (True, False))
def test_a_watch_learns_when_it_is_due_and_stays(tmp_path: Path, filled: bool) -> None:
    pasand = Pasand(tmp_path)
    pasand.run("init")
    if filled:
        for what in ("items", "members", "events"):
            pasand.run("import", what, str(EXAMPLES / f"{what}.csv"))
    told = tmp_path / "told"
    with told.open("w") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "pasand", "learn", "--watch", "--nice", "7"],
            cwd=tmp_path, env=pasand.environment, stderr=out,
        )  # fmt: skip
        # A log of which nothing can be learned is told, and no reason to end.
        wanted = "is live" if filled else "no plays"
        while wanted not in told.read_text() and child.poll() is None:
            time.sleep(0.05)
        assert os.getpriority(os.PRIO_PROCESS, child.pid) == 7 + os.nice(0)
        child.send_signal(signal.SIGINT)
        assert child.wait() == 0 and "Stopped." in told.read_text()
    states = [row["state"] for row in snapshots(pasand).values()]
    assert states == (["live"] if filled else [])


def test_a_snapshot_signed_by_nobody_is_not_served(learned: Pasand) -> None:
    (newest, *_) = snapshots(learned)
    (learned.folder / "pasand-data" / "snapshots" / newest / "manifest.sig").unlink()
    assert snapshots(learned)[newest]["state"] == "damaged"
    assert "not signed" in learned.run("models", "promote", newest, code=3)


def test_twenty_gated_promotions_cost_no_page(fresh: Callable[..., Any]) -> None:
    running = fresh()
    home, engine = running.home, running.home.engine
    item_ids = [f"i{n}" for n in range(60)]
    played = [samples.event(f"e{n}", member_id=f"m{n % 9}", item_id=f"i{n}") for n in range(60)]
    engine.append(played)
    candidates = varied_snapshots(engine.stores.models, item_ids, 20)
    path = f"/v1/page?member_id=m1&device=tv&at={NOW_MS}"
    ended = threading.Event()
    seen: list[httpx.Response] = []

    def ask() -> None:
        with running.client("page:read") as client:
            while not ended.is_set():
                seen.append(client.get(path))

    thread = threading.Thread(target=ask)
    thread.start()
    examine = examine_in(home.path, LearnSettings())
    stores = engine.stores
    try:
        for snapshot_id in candidates:
            may_go_live(stores.models, stores.ledger, snapshot_id, examine, LearnSettings(), NOW_MS)
            stores.ledger.promote(snapshot_id, engine.now_ms())
    finally:
        ended.set()
        thread.join()
    assert {answer.status_code for answer in seen} == {200}
    pages = [answer.json() for answer in seen]
    shown = {(page["snapshot"], repr(page["rows"])) for page in pages}
    assert len({page["snapshot"] for page in pages}) > 5
    # Asked of each alone, the page is the same: none was made of two.
    with running.client("page:read") as client:
        for snapshot_id in candidates:
            stores.ledger.promote(snapshot_id, engine.now_ms())
            engine.tick()
            page = client.get(path).json()
            others = {rows for name, rows in shown if name == snapshot_id}
            assert page["snapshot"] == snapshot_id and others <= {repr(page["rows"])}


def test_a_child_that_hangs_or_crashes_is_a_fault_of_the_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examine = examine_in(tmp_path, LearnSettings(gate_seconds=1))
    for acts, words in (
        ("exec sleep 60", "longer than 1 s"),
        ("kill -SEGV $$", "ended with signal 11"),
        ("echo 'MemoryError: too large' >&2; exit 1", "code 1 (MemoryError: too large)"),
        ("echo no report", "code 0"),
    ):
        child = tmp_path / "child"
        child.write_text(f"#!/bin/sh\n{acts}\n")
        child.chmod(0o700)
        monkeypatch.setattr(sys, "executable", str(child))
        (told,) = examine("s1", Stretch()).faults
        assert words in told


def test_the_child_can_take_no_more_memory_than_it_may() -> None:
    large = "import numpy; numpy.zeros(1 << 28)"
    for megabytes, code in ((1_024, 1), (8_192, 0)):
        acts = f"from pasand.cli.gate_process import limit; limit({megabytes}, 600); {large}"
        child = subprocess.run([sys.executable, "-c", acts], capture_output=True, check=False)
        assert child.returncode == code and (b"MemoryError" in child.stderr) == bool(code)
