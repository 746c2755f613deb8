"""Goal: a server whose disk takes no more says so, serves pages, and comes back by itself."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from pasand.bench.children import Serving, run, serving
from pasand.bench.ingest import key_of

resource = pytest.importorskip("resource", reason="this system has no resource limits")


def batch(tag: str, count: int = 20) -> dict[str, Any]:
    text = "x" * 1_000
    return {
        "events": [
            {
                "event_id": f"{tag}-{number}",
                "kind": "impression",
                "member_id": "m1",
                "item_id": "i1",
                "payload": {"note": text},
            }
            for number in range(count)
        ]
    }


def until(what: Callable[[], bool]) -> None:
    for _ in range(400):
        if what():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def limit(server: Serving, file_bytes: int) -> None:
    """Let no file of the server grow over a size: a write beyond it is an error."""
    _, hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (file_bytes, hard))


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits of others: Linux only")
def test_a_server_whose_writes_fail_says_so_and_comes_back(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run("init", "--home", str(home))
    headers = {"Authorization": f"Bearer {key_of(home)}"}
    with serving(home) as server:
        url = f"http://{server.host}:{server.port}"
        with httpx.Client(base_url=url, headers=headers, timeout=30) as client:
            client.put("/v1/items/i1", json={"title": "A title"})
            first = client.post("/v1/events", json=batch("before"))
            assert {result["status"] for result in first.json()["results"]} == {"accepted"}
            until(lambda: bool(client.get("/v1/page?member_id=m1").json()["rows"]))
            limit(server, 4_096)
            refused = client.post("/v1/events", json=batch("refused"))
            assert refused.status_code == 503, refused.text
            error = refused.json()["error"]
            assert "disk" in error["message"] and error["fix"]
            assert 1 <= int(refused.headers["Retry-After"]) <= 5
            ready = client.get("/health/ready")
            assert ready.status_code == 503 and "disk" in ready.json()["error"]["message"]
            assert client.get("/health/live").status_code == 200
            page = client.get("/v1/page?member_id=m1")
            assert page.status_code == 200 and page.json()["rows"]
            limit(server, resource.RLIM_INFINITY)
            # Nobody writes: the server looks by itself whether the disk is well again.
            until(lambda: client.get("/health/ready").status_code == 200)
            results = client.post("/v1/events", json=batch("refused")).json()["results"]
            assert {result["status"] for result in results} == {"accepted"}
            results = client.post("/v1/events", json=batch("before")).json()["results"]
            assert {result["status"] for result in results} == {"duplicate"}


#: Serves a home on a file system of 6 MB of its own, and says on standard output what it saw.
ON_A_SMALL_DISK = """
mount -t tmpfs -o size=6m tmpfs "$1" && exec "$2" -c "$3" "$1"
"""
SMALL_DISK = """
import json, shutil, sys
from pathlib import Path
import httpx
sys.path.insert(0, "tests/acceptance")
from test_full_disk import batch, until
from pasand.bench.children import run, serving
from pasand.bench.ingest import key_of

disk = Path(sys.argv[1])
home = disk / "home"
run("init", "--home", str(home))
headers = {"Authorization": f"Bearer {key_of(home)}"}
seen = {"acked": 0}
with serving(home) as server:
    url = f"http://{server.host}:{server.port}"
    client = httpx.Client(base_url=url, headers=headers, timeout=30)
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(shutil.disk_usage(disk).free - 200_000))
    for number in range(200):
        answer = client.post("/v1/events", json=batch(f"b{number}"))
        if answer.status_code != 202:
            break
        seen["acked"] += 1
    seen["refused"] = [answer.status_code, answer.json()["error"]["message"]]
    seen["full"] = client.get("/health/ready").status_code
    ballast.unlink()
    until(lambda: client.get("/health/ready").status_code == 200)
    seen["retried"] = client.post("/v1/events", json=batch(f"b{seen['acked']}")).status_code
    found = [
        {r["status"] for r in client.post("/v1/events", json=batch(f"b{n}")).json()["results"]}
        for n in range(seen["acked"] + 1)
    ]
    seen["lost"] = sum(statuses != {"duplicate"} for statuses in found)
    client.close()
print(json.dumps(seen))
"""


def test_a_server_on_a_full_disk_says_so_and_comes_back(tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    alone = [str(unshare), "--user", "--map-root-user", "--mount"]
    if unshare is None or subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("a small file system of one's own is not allowed here")
    command = [*alone, "sh", "-c", ON_A_SMALL_DISK, "sh", str(tmp_path), sys.executable, SMALL_DISK]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "mount:" in done.stderr:
        pytest.skip("a small file system of one's own is not allowed here")
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["refused"][0] == 503 and "full" in seen["refused"][1]
    assert (seen["full"], seen["retried"], seen["lost"]) == (503, 202, 0)
