"""Goal: the whole way through the command line, as child processes: a home is made, filled,
learned, served, killed and served again with nothing lost.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
COMMANDS = (
    "init", "import items", "import members", "import events", "import movielens", "learn",
    "serve", "key create", "key list", "key revoke", "demo", "evaluate", "simulate", "map",
    "bench page", "search",
)  # fmt: skip
AT = "2026-11-23T20:00:00Z"


class Commands:
    """Runs ``pasand`` in a folder of its own; everything started is ended."""

    def __init__(self, folder: Path, program: list[str], environment: dict[str, str]) -> None:
        self.folder, self.program, self.environment = folder, program, environment
        self.home = folder / "home"
        self.servers: list[subprocess.Popen[str]] = []

    def run(self, *words: str, code: int = 0, **more: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*self.program, *words],
            cwd=self.folder,
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    def at_home(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        return self.run(*words, "--home", str(self.home), code=code)

    def report(self, *words: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.at_home(*words, "--json").stdout)
        return found

    def serve(self) -> tuple[subprocess.Popen[str], str]:
        """Start a server and return it with its address."""
        server = subprocess.Popen(
            [*self.program, "serve", "--home", str(self.home), "--port", "0"],
            cwd=self.folder,
            env=self.environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.servers.append(server)
        assert server.stderr is not None
        said = []
        for line in server.stderr:
            said.append(line)
            found = re.search(r"http://[0-9.]+:[0-9]+", line)
            if found:
                return server, found.group()
        raise AssertionError("".join(said))

    def end(self, server: subprocess.Popen[str], how: signal.Signals = signal.SIGTERM) -> None:
        if server.poll() is None:
            os.kill(server.pid, how)
        server.communicate(timeout=60)
        self.servers.remove(server)


def make_commands(folder: Path) -> Commands:
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PASAND")}
    return Commands(folder, [sys.executable, "-W", "error", "-m", "pasand"], environment)


@pytest.fixture
def pasand(tmp_path: Path) -> Iterator[Commands]:
    commands = make_commands(tmp_path)
    yield commands
    for server in list(commands.servers):
        commands.end(server, signal.SIGKILL)


def fill(pasand: Commands) -> None:
    pasand.at_home("init")
    for what in ("items", "members", "events"):
        pasand.at_home("import", what, str(EXAMPLES / f"{what}.csv"))


def client_of(url: str, secret: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {secret}"}, timeout=30)


def state_of(url: str, secret: str) -> dict[str, Any]:
    """Return what must be equal before and after a crash: profiles by hash, and pages."""
    found: dict[str, Any] = {}
    with client_of(url, secret) as client:
        for member_id in ("m1", "m4", "m6"):
            profile = client.get(f"/v1/members/{member_id}/profile").json()
            found[f"{member_id} profile"] = profile["bytes_hash"]
            page = client.get("/v1/page", params={"member_id": member_id, "at": AT})
            assert page.status_code == 200, page.text
            found[f"{member_id} page"] = page.json()["rows"]
            found[f"{member_id} degraded"] = page.json()["degraded"]
    return found


def test_from_nothing_to_a_page_and_over_a_kill(pasand: Commands) -> None:
    fill(pasand)
    assert "snapshot" in pasand.at_home("learn").stderr
    secret = pasand.at_home("key", "create", "backend").stdout.strip()
    assert secret.startswith("sk_")
    server, url = pasand.serve()
    with client_of(url, secret) as client:
        play = {
            "event_id": "live-1", "kind": "play_start", "member_id": "m6", "item_id": "f2",
            "payload": {"position_s": 900, "duration_s": 6000},
        }  # fmt: skip
        answer = client.post("/v1/events", json={"events": [play]})
        assert answer.json()["results"][0]["status"] == "accepted"
        page = client.get("/v1/page", params={"member_id": "m6"}).json()
        row = next(row for row in page["rows"] if row["kind"] == "continue")
        assert row["cells"][0]["item_id"] == "f2"
    time.sleep(1.5)  # Popularity is current within a second of its events.
    before = state_of(url, secret)
    assert before["m6 degraded"] is None and before["m6 page"]
    pasand.end(server, signal.SIGKILL)
    again, url = pasand.serve()
    assert state_of(url, secret) == before
    pasand.end(again)
    assert again.returncode == 0
    # Without the profiles' cache everything is folded again from the log: the same bytes.
    import apsw

    connection = apsw.Connection(str(pasand.home / "store.db"))
    connection.execute("DELETE FROM profile").fetchall()
    connection.close()
    _, url = pasand.serve()
    assert state_of(url, secret) == before


def test_imports_count_what_is_new(pasand: Commands) -> None:
    pasand.at_home("init")
    events = str(EXAMPLES / "events.csv")
    lines = len(Path(events).read_text("utf-8").splitlines()) - 1
    dry = pasand.report("import", "events", events, "--dry-run")
    assert figures(dry, "rows_kept") == lines
    first = pasand.report("import", "events", events)
    assert figures(first, "rows_kept") == lines and figures(first, "rows_duplicate") == 0
    again = pasand.report("import", "events", events)
    assert figures(again, "rows_kept") == 0 and figures(again, "rows_duplicate") == lines


def figures(report: dict[str, Any], name: str) -> Any:
    """Return a figure by its name, wherever the report holds it."""
    text = json.dumps(report)
    found = re.search(rf'"{name}": (\d+)', text)
    if found:
        return int(found.group(1))
    return next(one["value"] for one in report["figures"] if one["name"].endswith(name))


def test_a_dry_run_writes_nothing(pasand: Commands) -> None:
    pasand.at_home("init")
    before = {path.name: path.read_bytes() for path in pasand.home.iterdir() if path.is_file()}
    pasand.at_home("import", "items", str(EXAMPLES / "items.csv"), "--dry-run")
    after = {path.name: path.read_bytes() for path in pasand.home.iterdir() if path.is_file()}
    assert after == before


def test_a_bad_row_is_set_aside_and_named(pasand: Commands) -> None:
    pasand.at_home("init")
    table = pasand.folder / "events.csv"
    table.write_text(
        "event_id,member_id,item_id,kind,occurred_at\n"
        "a,m1,i1,play_start,2025-01-01T00:00:00Z\n"
        "b,m1,i1,dance,2025-01-01T00:00:00Z\n"
        "c,m1,i1,play_start,\n",
        "utf-8",
    )
    report = pasand.report("import", "events", str(table))
    assert figures(report, "rows_kept") == 1 and figures(report, "rows_set_aside") == 2
    assert "dance" in json.dumps(report)


def test_commands_reach_a_home_that_a_server_owns(pasand: Commands) -> None:
    pasand.at_home("init")
    _, url = pasand.serve()
    secret = pasand.at_home("key", "create", "late").stdout.strip()
    with client_of(url, secret) as client:
        assert client.get("/v1/page?member_id=m1").json()["rows"] == []
        for what in ("items", "members", "events"):
            pasand.at_home("import", what, str(EXAMPLES / f"{what}.csv"))
        assert client.get("/v1/page?member_id=m1").json()["rows"]
        learned = pasand.report("learn")
        assert client.get("/health/ready").json()["snapshot"] == learned["snapshot"]
        listed = pasand.report("key", "list")["keys"]
        assert [key["name"] for key in listed] == ["late"] and secret not in json.dumps(listed)
        pasand.at_home("key", "revoke", listed[0]["key_id"])
        assert client.get("/v1/page?member_id=m1").status_code == 403
    assert pasand.report("key", "list")["keys"][0]["revoked"] is True


def test_a_second_server_is_refused_with_the_firsts_address(pasand: Commands) -> None:
    pasand.at_home("init")
    _, url = pasand.serve()
    refused = pasand.at_home("serve", "--port", "0", code=3)
    assert "in use" in refused.stderr and url in refused.stderr


@pytest.mark.parametrize(
    ("words", "settings", "says"),
    (
        (["learn"], "[serve]\nprot = 1\n", ("serve.prot", "port")),
        (["learn"], "[serv]\nport = 1\n", ("serv", "serve")),
        (["learn"], '[serve]\nport = "x"\n', ("serve.port",)),
        (["learn"], "not toml at all", ("TOML",)),
        (["learn"], 'clock = "sundial"\n', ("clock", "data")),
        (["serve"], "[stages.blend]\npopulr = 1\n", ("stages.blend.populr", "popular")),
        (["learn"], "", ("import",)),
        (["key", "create", "--scope", "page:raed"], "", ("page:raed", "page:read")),
        (["key", "revoke", "key_0"], "", ("key_0", "key list")),
        (["import", "items", "nowhere.csv"], "", ("nowhere.csv",)),
    ),
)  # fmt: skip
def test_a_mistake_is_told_in_one_line_that_helps(
    pasand: Commands, words: list[str], settings: str, says: tuple[str, ...]
) -> None:
    pasand.at_home("init")
    (pasand.home / "pasand.toml").write_text(settings, "utf-8")
    done = pasand.at_home(*words, code=2)
    assert all(word in done.stderr for word in says), done.stderr
    assert len(done.stderr.splitlines()) <= 4


def test_no_home_is_named(pasand: Commands) -> None:
    done = pasand.at_home("serve", code=2)
    assert "pasand init" in done.stderr


def test_an_unknown_setting_of_the_environment_is_named(pasand: Commands) -> None:
    pasand.at_home("init")
    done = pasand.run("learn", "--home", str(pasand.home), code=2, PASAND_SERVE__PROT="1")
    assert "serve.prot" in done.stderr and "port" in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_helps_with_an_example(pasand: Commands, command: str) -> None:
    done = pasand.run(*command.split(), "--help")
    assert "Example" in done.stdout and "pasand" in done.stdout


def test_help_lists_the_commands(pasand: Commands) -> None:
    text = pasand.run("--help").stdout
    assert all(command.split()[0] in text for command in COMMANDS)


def test_init_keeps_what_is_there(pasand: Commands) -> None:
    fill(pasand)
    (pasand.home / "pasand.toml").write_text("[serve]\nport = 9\n", "utf-8")
    pasand.at_home("init")
    assert "port = 9" in (pasand.home / "pasand.toml").read_text("utf-8")
    again = pasand.report("import", "events", str(EXAMPLES / "events.csv"))
    assert figures(again, "rows_kept") == 0
