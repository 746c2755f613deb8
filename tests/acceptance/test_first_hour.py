"""A stranger's first hour, through the command line and HTTP alone, surviving a kill.

Everything runs as child processes, as a user would run it; the wheel's test runs it from an
installed wheel in an empty folder.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"


class Pasand:
    """The command line of one installation, run in one folder."""

    def __init__(self, folder: Path, python_path: str = "") -> None:
        self.folder = folder
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("PASAND_")}
        if python_path:
            self.environment["PYTHONPATH"] = python_path

    def run(self, *arguments: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "pasand", *arguments],
            cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, f"{arguments}: {done.stderr}"
        return done.stderr if code else done.stdout

    def json(self, *arguments: str) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.run(*arguments, "--json"))
        return told

    def serve(self) -> Server:
        return Server(self)


class Server:
    """``pasand serve`` on a free port."""

    def __init__(self, pasand: Pasand) -> None:
        log = (pasand.folder / "serve.log").open("w+")
        self.child = subprocess.Popen(
            [sys.executable, "-m", "pasand", "serve", "--port", "0"],
            cwd=pasand.folder, env=pasand.environment, stderr=log, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        until = time.monotonic() + 60
        found = None
        while found is None and time.monotonic() < until and self.child.poll() is None:
            time.sleep(0.05)
            found = re.search(r"http://\S+", (pasand.folder / "serve.log").read_text())
        log.close()
        assert found, (pasand.folder / "serve.log").read_text()
        self.url = found[0]

    def ask(self, path: str, key: str, body: Any = None, method: str = "") -> Any:
        request = urllib.request.Request(
            self.url + path,
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
            method=method or ("GET" if body is None else "POST"),
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def kill(self) -> None:
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    def stop(self) -> None:
        self.child.terminate()
        assert self.child.wait(20) in (0, -signal.SIGTERM)


def first_hour(pasand: Pasand, examples: Path) -> None:
    """Init, import, learn, serve, act, kill -9, serve again: nothing acknowledged is lost."""
    pasand.run("init")
    dry = pasand.json("import", "events", str(examples / "events.csv"), "--dry-run")
    assert dry["report"]["rows_read"] == 50
    assert pasand.json("import", "items", str(examples / "items.csv"))["report"]["rows_kept"] == 10
    pasand.run("import", "members", str(examples / "members.csv"))
    first = pasand.json("import", "events", str(examples / "events.csv"))["report"]
    again = pasand.json("import", "events", str(examples / "events.csv"))["report"]
    assert (first["rows_kept"], first["rows_set_aside"]) == (50, 0)
    assert (again["rows_kept"], again["rows_duplicate"]) == (0, 50)
    assert pasand.json("learn")["snapshot"]
    key = pasand.json("key", "create", "test")["secret"]
    server = pasand.serve()
    at = "2026-01-02T20:00:00Z"
    path = f"/v1/page?member_id=m1&device=tv&at={at.replace(':', '%3A')}"
    try:
        page = server.ask("/v1/page?member_id=m1&device=tv", key)
        shown = [cell["item_id"] for row in page["rows"] for cell in row["cells"]]
        assert shown and len(shown) == len(set(shown))
        event = {"event_id": "x-1", "kind": "thumb", "member_id": "m1", "item_id": shown[0]}
        sent = {"events": [{**event, "payload": {"value": -1}}]}
        assert server.ask("/v1/events", key, sent)["results"][0]["status"] == "accepted"
        assert server.ask("/v1/events", key, sent)["results"][0]["status"] == "duplicate"
        later = server.ask("/v1/page?member_id=m1&device=tv", key)
        assert shown[0] not in [c["item_id"] for row in later["rows"] for c in row["cells"]]
        time.sleep(0.3)  # the pages' own events are written behind the answers
        profile = server.ask("/v1/members/m1/profile", key)
        before = server.ask(path, key)
    finally:
        server.kill()
    server = pasand.serve()
    try:
        assert server.ask("/v1/members/m1/profile", key) == profile
        after = server.ask(path, key)
        assert after["rows"] == before["rows"] and after["seed"] == before["seed"]
        assert profile["thumbs"][shown[0]] == -1
        _through_the_server(pasand, server, key, examples)
    finally:
        server.stop()


def _through_the_server(pasand: Pasand, server: Server, key: str, examples: Path) -> None:
    """Commands against a home that a server owns go through it and take effect."""
    report = pasand.json("import", "items", str(examples / "items.jsonl"))["report"]
    assert report["rows_kept"] == 8
    time.sleep(1.2)
    assert server.ask("/health/ready", key)["items"] >= 10
    snapshot = pasand.json("learn")["snapshot"]
    assert server.ask("/health/ready", key)["snapshot"] == snapshot
    other = pasand.json("key", "create", "other", "--scope", "page:read")
    assert server.ask("/v1/page?member_id=m1", other["secret"])["rows"]
    pasand.run("key", "revoke", other["key_id"])
    with pytest.raises(urllib.error.HTTPError) as refused:
        server.ask("/v1/page?member_id=m1", other["secret"])
    assert refused.value.code == 403
    refused.value.close()


def test_a_strangers_first_hour(tmp_path: Path) -> None:
    first_hour(Pasand(tmp_path), EXAMPLES)


def test_the_wheel_holds_all_it_needs(tmp_path: Path) -> None:
    wheel_folder, site, work = tmp_path / "wheel", tmp_path / "site", tmp_path / "work"
    work.mkdir()
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(wheel_folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = wheel_folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    pasand = Pasand(work, str(site))
    where = subprocess.run(
        [sys.executable, "-c", "import pasand; print(pasand.__file__)"],
        cwd=work, env=pasand.environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert where.stdout.strip().startswith(str(site))
    first_hour(pasand, EXAMPLES)


def test_bad_settings_and_paths_are_told_in_words(tmp_path: Path) -> None:
    pasand = Pasand(tmp_path)
    assert "pasand init" in pasand.run("learn", code=2)
    pasand.run("init")
    assert "no plays" in pasand.run("learn", code=2)
    (tmp_path / "pasand-data" / "pasand.toml").write_text("[serve]\nprot = 1\n")
    told = pasand.run("serve", code=2)
    assert "prot" in told and "Did you mean port?" in told and "Traceback" not in told


def test_a_bad_row_is_set_aside_with_its_reason(tmp_path: Path) -> None:
    pasand = Pasand(tmp_path)
    pasand.run("init")
    (tmp_path / "items.csv").write_text(
        "item_id,title,year\na,Good,2001\nb c,Bad id,2001\nd,Odd,x\n"
    )
    report = pasand.json("import", "items", "items.csv")["report"]
    assert (report["rows_read"], report["rows_kept"], report["rows_set_aside"]) == (3, 1, 2)
    assert any("item_id" in reason for reason in report["reasons"])
    assert any("year" in reason for reason in report["reasons"])
