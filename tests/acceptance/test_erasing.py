"""Goal: of a member who was erased no byte stays anywhere in the home: not in the store or its
free pages, not compressed, not in dead letters, segments, snapshots or backups; and it stays so.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError

import pytest
from test_first_hour import Pasand

from pasand.adapters.backups import read_manifest
from pasand.bench.canaries import (
    CANARIES,
    MEMBER,
    VISITOR,
    canaries_in,
    canary_event,
    letters,
    lived,
)
from pasand.bootstrap import open_home
from pasand.flows.engine import PageRequest


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lived")
    lived(folder / "home", open_home)
    return folder / "home"


@pytest.fixture
def home(filled: Path, tmp_path: Path) -> Path:
    shutil.copytree(filled, tmp_path / "pasand-data")
    return tmp_path / "pasand-data"


def test_the_search_finds_every_canary_before(home: Path, tmp_path: Path) -> None:
    assert canaries_in(home, tmp_path / "scratch") == set(CANARIES)


@pytest.mark.parametrize("place", ("store.db", "segments", "backups/whole.tar", "backups/folder"))
def test_each_place_holds_the_member_before(home: Path, tmp_path: Path, place: str) -> None:
    only = tmp_path / "only"
    only.mkdir()
    (home / place).rename(only / Path(place).name)
    assert canaries_in(only, tmp_path / "scratch") >= {MEMBER, *CANARIES[2:15], CANARIES[19]}


def test_no_snapshot_holds_a_canary(home: Path, tmp_path: Path) -> None:
    Pasand(tmp_path).run("learn")
    shutil.move(home / "snapshots", tmp_path / "only" / "snapshots")
    assert list((tmp_path / "only").rglob("*.npy"))
    assert canaries_in(tmp_path / "only", tmp_path / "scratch") == set()


def is_erased(home: Path, scratch: Path) -> None:
    """Assert that nothing of the member is left, and everything of the others."""
    erase_canaries_found = len(canaries_in(home, scratch))
    assert erase_canaries_found == 0
    opened = open_home(home)
    try:
        engine, keeping = opened.engine, opened.keeping
        log = engine.stores.log
        assert {entry.state for entry in keeping.eraser.ledger.entries()} == {"done"}
        assert len(log.of_member("m7")) == 15 + 3 and log.count("item_put") == 20
        told = log.find("told")
        assert told is not None and told.event.payload["text"] == "sent to erased: yes"
        assert told.event.extra == {"seen_with": ["erased", "m3"]}
        assert [letter.body for letter in log.rejected()] == [b'{"member_id": "m7"}']
        assert not keeping.segments.damaged()
        (segment, *_) = keeping.segments.segments()
        erasure = keeping.eraser.ledger.entries()[0].erasure_id
        assert keeping.segments.manifest(segment)["erasures"] == [erasure]
        # What was taken under the same ids before is refused, and nothing of it is kept.
        again = [canary_event(n) for n in range(3)] + [canary_event(9, member_id=VISITOR)]
        assert {verdict.status for verdict in engine.append(again)} == {"erased"}
        engine.set_aside(letters()[:1] + letters()[2:4])
        served = engine.page(PageRequest(member_id=MEMBER))
        assert served.page.plan == engine.live.plans[1].version
    finally:
        opened.close()
    assert not canaries_in(home, scratch)


def test_the_command_leaves_no_byte(home: Path, tmp_path: Path) -> None:
    pasand = Pasand(tmp_path)
    before = pasand.json("member", "export", MEMBER, "--out", "all.json")
    held = (tmp_path / "all.json").read_text()
    assert {word for word in CANARIES if word not in held} <= {CANARIES[16], CANARIES[21]}
    assert len(json.loads(held)["held"]) == before["figures"][0]["value"] > 60
    done = pasand.json("member", "erase", MEMBER, "--yes")
    assert done["erasure"]["state"] == "done"
    is_erased(home, tmp_path / "scratch")
    assert "Nothing is held" in pasand.run("member", "export", MEMBER, "--out", "no.json", code=2)
    for name in ("whole.tar", "folder"):
        read_manifest(home / "backups" / name)
        pasand.run("restore", f"pasand-data/backups/{name}", "--home", f"from-{name}", "--verify")
        assert not canaries_in(tmp_path / f"from-{name}", tmp_path / "scratch")
    rebuilt = pasand.json("rebuild", "--check")
    assert rebuilt["check"]["differing"] == []


#: Erases, and is killed before the place of a number, or before or after the file is rewritten.
CHILD = """
import os, signal, sys
from pathlib import Path
from pasand.bootstrap import visit_home

def die(*rest):
    os.kill(os.getpid(), signal.SIGKILL)

home, member_id, step = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
eraser = visit_home(home).keeping.eraser
eraser.suppress(member_id)
if step < len(eraser.places):
    place = eraser.places[step]
    place.erase = die
elif step == len(eraser.places):
    eraser._scrub = die
else:
    scrub = eraser._scrub
    eraser._scrub = lambda: (scrub(), die())
eraser.walk()
"""


@pytest.mark.parametrize("step", (1, 4, 6, 7))
def test_an_erasure_that_was_killed_goes_on_at_the_next_start(
    home: Path, tmp_path: Path, step: int
) -> None:
    child = [sys.executable, "-c", CHILD, str(home), MEMBER, str(step)]
    assert subprocess.run(child, check=False).returncode == -signal.SIGKILL
    opened = open_home(home)
    opened.close()
    is_erased(home, tmp_path / "scratch")


def test_a_backup_of_before_brings_nobody_back(home: Path, tmp_path: Path) -> None:
    pasand = Pasand(tmp_path)
    pasand.run("backup", "before.tar")
    pasand.run("member", "erase", MEMBER, "--yes")
    pasand.run("member", "erasures", "--out", "ledger.json")
    assert not canaries_in(home, tmp_path / "scratch")
    assert MEMBER not in (tmp_path / "ledger.json").read_text()
    report = pasand.json("restore", "before.tar", "--home", "again", "--verify")
    found = {row["name"]: row["value"] for row in report["figures"]}
    assert found["members_erased_again"] == 2
    is_erased(tmp_path / "again", tmp_path / "scratch")
    # Where the home is gone, the ledger that was kept elsewhere tells.
    home.rename(tmp_path / "elsewhere")
    pasand.run("restore", "before.tar", "--home", "third", "--erasures", "ledger.json")
    is_erased(tmp_path / "third", tmp_path / "scratch")
    pasand.run("restore", "before.tar", "--home", "fourth")
    assert canaries_in(tmp_path / "fourth", tmp_path / "scratch") == set(CANARIES)


def test_a_running_server_erases_and_refuses_at_once(home: Path, tmp_path: Path) -> None:
    pasand = Pasand(tmp_path)
    key = pasand.json("key", "create", "test", "--scope", "admin")["secret"]
    server = pasand.serve()
    try:
        for device in ("tv", "phone"):
            assert server.ask(f"/v1/page?member_id={MEMBER}&device={device}", key)["rows"]
        held = server.ask(f"/v1/members/{MEMBER}/export", key)
        assert held["ids"] == [MEMBER, VISITOR] and held["profile"]["event_count"] > 60
        told = server.ask(f"/v1/members/{MEMBER}/data", key, method="DELETE")
        assert told["state"] == "pending"
        event = {"kind": "view", "member_id": MEMBER, "item_id": "i1", "event_id": "new"}
        letter = {"kind": "nonsense", "member_id": MEMBER, "event_id": CANARIES[5]}
        batch = [event, letter, {**event, "member_id": "m7"}]
        sent = server.ask("/v1/events", key, {"events": batch})
        assert [row["status"] for row in sent["results"]] == ["rejected", "rejected", "accepted"]
        assert sent["results"][0]["code"] == "member_erased"
        with pytest.raises(HTTPError, match="403"):
            server.ask(f"/v1/members/{MEMBER}", key, {"name": "Again"}, method="PUT")
        done = pasand.json("member", "erase", MEMBER, "--yes")
        assert done["erasure"] == {"erasure_id": told["erasure_id"], "state": "done"}
        assert server.ask(f"/v1/page?member_id={MEMBER}", key)["rows"]
        assert not canaries_in(home, tmp_path / "scratch")
        sealed = pasand.json("seal", "--verify")
        assert len(sealed["segments"]) == 1
    finally:
        server.stop()
    assert not canaries_in(home, tmp_path / "scratch")


def test_the_command_waits_for_a_running_server(home: Path, tmp_path: Path) -> None:
    pasand = Pasand(tmp_path)
    server = pasand.serve()
    try:
        done = pasand.json("member", "erase", MEMBER, "--yes")
        assert done["erasure"]["state"] == "done"
    finally:
        server.stop()
    is_erased(home, tmp_path / "scratch")
