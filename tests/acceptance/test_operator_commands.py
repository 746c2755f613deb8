"""Goal: an operator sees, replays, examines, backs up, restores and rebuilds a home through the
command line, alone and beside a running server, and a damaged copy is never taken for a whole one.
"""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from test_first_hour import EXAMPLES, Pasand

from pasand.bootstrap import open_home
from pasand.domain.profile import Profile

BAD = {"event_id": "bad-1", "kind": "playstart", "member_id": "m1", "item_id": "f1"}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with everything a backup holds, made once and copied by each test."""
    folder = tmp_path_factory.mktemp("filled")
    pasand = Pasand(folder)
    pasand.run("init")
    for what in ("items", "members", "events"):
        pasand.run("import", what, str(EXAMPLES / f"{what}.csv"))
    pasand.run("learn")
    opened = open_home(folder / "pasand-data")
    for member in opened.engine.stores.catalog.members():
        opened.engine.profiles.get(member.member_id)
    opened.close()
    return folder / "pasand-data"


@pytest.fixture
def pasand(tmp_path: Path, filled: Path) -> Pasand:
    shutil.copytree(filled, tmp_path / "pasand-data")
    return Pasand(tmp_path)


def figures(report: dict[str, Any]) -> dict[str, Any]:
    return {row["name"]: row["value"] for row in report["figures"]}


def set_aside(pasand: Pasand) -> None:
    """Import rows that cannot be used: two events in JSON, one line that is none."""
    future = {**BAD, "event_id": "bad-2", "kind": "play_start", "occurred_at": "2999-01-01"}
    lines = [json.dumps({**BAD, "occurred_at": "2026-01-01"}), json.dumps(future), "{broken"]
    (pasand.folder / "bad.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    report = pasand.json("import", "events", "bad.jsonl")["report"]
    assert report["rows_set_aside"] == 3


def test_dead_letters_are_listed_shown_and_replayed_with_a_correction(pasand: Pasand) -> None:
    set_aside(pasand)
    rows = pasand.json("deadletter", "list", "--limit", "2")["deadletters"]
    assert [row["number"] for row in rows] == [3, 2] and rows[0]["source"] == "bad.jsonl:3"
    first = pasand.json("deadletter", "show", "1")
    assert json.loads(first["body"]["text"])["kind"] == "playstart" and "kind" in first["reason"]
    assert pasand.run("deadletter", "show", "3").strip() == "{broken"
    counts = figures(pasand.json("deadletter", "replay", "--all"))
    assert (counts["replayed_accepted"], counts["replayed_kept"]) == (0, 3)
    assert "cannot be replayed" in pasand.json("deadletter", "show", "3")["reason"]
    right = {**BAD, "kind": "play_start", "occurred_at": "2026-01-01"}
    (pasand.folder / "right.json").write_text(json.dumps(right), "utf-8")
    counts = figures(pasand.json("deadletter", "replay", "1", "--fix", "right.json"))
    assert counts["replayed_accepted"] == 1 and counts["deadletters"] == 2
    assert "no dead letter 1" in pasand.run("deadletter", "replay", "1", code=2)
    assert "--all" in pasand.run("deadletter", "replay", code=2)


def test_beside_a_server_letters_are_replayed_and_profiles_rebuilt(pasand: Pasand) -> None:
    key = pasand.json("key", "create", "test")["secret"]
    server = pasand.serve()
    try:
        sent = server.ask("/v1/events", key, {"events": [BAD]})["results"]
        assert sent[0]["status"] == "rejected"
        before = server.ask("/v1/members/m1/profile", key)
        (row,) = pasand.json("deadletter", "list")["deadletters"]
        assert row["source"] == "test" and row["field"] == "kind"
        (pasand.folder / "right.json").write_text(json.dumps({**BAD, "kind": "thumb", "value": 1}))
        number = str(row["number"])
        done = figures(pasand.json("deadletter", "replay", number, "--fix", "right.json"))
        assert (done["replayed_accepted"], done["deadletters"]) == (1, 0)
        profile = server.ask("/v1/members/m1/profile", key)
        assert profile["events"] == before["events"] + 1
        assert profile["thumbs"][BAD["item_id"]] == 1
        rebuilt = pasand.json("rebuild", "--check")
        assert rebuilt["check"]["differing"] == [] and figures(rebuilt)["rebuild_profiles"] > 0
        assert server.ask("/v1/members/m1/profile", key)["bytes_hash"] == profile["bytes_hash"]
        found = {f["name"]: f for f in pasand.json("doctor")["findings"]}
        assert server.url in found["owner"]["what"]
    finally:
        server.stop()


def test_the_doctor_finds_nothing_bad_and_then_what_was_broken(pasand: Pasand) -> None:
    home = pasand.folder / "pasand-data"
    home.chmod(0o700)
    report = pasand.json("doctor")
    found = {f["name"]: f["state"] for f in report["findings"]}
    assert "bad" not in found.values() and figures(report)["fsync_p99_ms"] > 0
    assert {found[n] for n in ("settings", "schema", "clock", "snapshot", "deadletters")} == {"ok"}
    assert all(f["fix"] and f["why"] for f in report["findings"] if f["state"] != "ok")
    (home / "lock").chmod(0o666)
    (home / "pasand.toml").write_text("[serve]\nprot = 1\n")
    weights = next((home / "snapshots").glob("*/*.npy"))
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1] + bytes([whole[-1] ^ 0xFF]))
    told = pasand.run("doctor", code=3)
    for name, word in (("settings", "port"), ("permissions", "lock"), ("snapshot", "damaged")):
        assert f"bad   {name}" in told and word in told


@pytest.mark.parametrize("name", ("copy", "copy.tar"))
def test_a_backup_restores_what_was_there(pasand: Pasand, name: str) -> None:
    set_aside(pasand)
    made = pasand.json("backup", name)["about"]
    assert made["deadletters"] == 3 and made["events"] > 50 and made["snapshot"]
    assert "exists" in pasand.run("backup", name, code=2)
    again = pasand.json("restore", name, "--home", "again", "--verify")
    assert again["about"] == made
    assert pasand.json("backup", "twice", "--home", "again")["about"] == made
    assert "not empty" in pasand.run("restore", name, "--home", "again", code=2)
    assert not [path for path in pasand.folder.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("name", ("copy", "copy.tar"))
def test_a_damaged_backup_is_refused_by_the_name_of_its_file(pasand: Pasand, name: str) -> None:
    pasand.run("backup", name)
    whole = pasand.folder / name
    path = whole if whole.is_file() else whole / "store.db"
    data = path.read_bytes()
    # In the archive, inside the store's own bytes: it is the largest file by far.
    at = data.index(b"SQLite format 3") + 5000
    path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    assert "store.db" in pasand.run("restore", name, "--home", "again", code=3)
    assert not (pasand.folder / "again").exists()


def test_a_backup_under_load_is_of_one_moment(pasand: Pasand) -> None:
    key = pasand.json("key", "create", "test")["secret"]
    server, stop = pasand.serve(), threading.Event()

    def send() -> None:
        batch = 0
        while not stop.wait(0.005):
            batch += 1
            events = [
                {"event_id": f"load-{batch}-{n}", "kind": "view", "member_id": "m1",
                 "item_id": BAD["item_id"]} for n in range(10)
            ]  # fmt: skip
            server.ask("/v1/events", key, {"events": events})

    thread = threading.Thread(target=send)
    thread.start()
    try:
        made = pasand.json("backup", "copy.tar")["about"]
    finally:
        stop.set()
        thread.join()
        server.kill()
    # Batches are whole in the copy: nothing is cut in the middle of a transaction.
    views = pasand.json("restore", "copy.tar", "--home", "again", "--verify")["about"]["events"]
    assert views == made["events"]
    home = open_home(pasand.folder / "again")
    loads = [s for s in home.engine.stores.log.read() if s.event.event_id.startswith("load-")]
    home.close()
    assert loads and len(loads) % 10 == 0


def test_rebuild_finds_and_mends_a_profile_that_does_not_follow(pasand: Pasand) -> None:
    home = open_home(pasand.folder / "pasand-data")
    stores = home.engine.stores
    stored = stores.profiles.get("m1")
    assert stored is not None
    stores.profiles.put({"m1": (stored[0], Profile(member_id="m1", event_count=7))})
    home.close()
    assert "m1 differs" in pasand.run("rebuild", "--check", code=3)
    found = pasand.json("rebuild", "--check")["check"]
    assert found["differing"] == [] and found["equal"] > 1


def test_titles_are_found_alone_and_beside_a_server(pasand: Pasand) -> None:
    def found(text: str) -> list[str]:
        return [item["title"] for item in pasand.json("search", text, "--member", "m1")["items"]]

    assert found("salt") == ["The Salt Road"] == found("quell")
    assert pasand.json("search", "slat road")["meant"] == "salt road"
    nothing = pasand.json("search", "zzzzzzzz NEAR(")
    assert nothing["items"] == [] and figures(nothing)["search_count"] == 0
    assert "The Salt Road" in pasand.run("search", "salt")
    pasand.run("search", " ", code=2)
    server = pasand.serve()
    try:
        assert found("salt") == ["The Salt Road"]
    finally:
        server.stop()
