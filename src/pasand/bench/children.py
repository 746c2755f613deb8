"""The command line as child processes: run one to its end, or keep a server while measuring.

Children never outlive their caller's block. Settings are the defaults: ``PASAND_`` variables of
the caller are not handed on.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pasand.errors import OperatorError

__all__ = ["Ran", "Serving", "resident_mb", "run", "serving"]

_ADDRESS = re.compile(r"http://([0-9.]+):(\d+)")


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ended well: its seconds from start to end, and the object it printed."""

    took_s: float
    report: dict[str, Any]

    def figure(self, name: str) -> float:
        """Return the value of a figure that the command printed."""
        return next(float(f["value"]) for f in self.report["figures"] if f["name"] == name)


@dataclass(frozen=True, slots=True)
class Serving:
    """A running server."""

    host: str
    port: int
    pid: int


def run(*arguments: str, more: Mapping[str, str] = MappingProxyType({})) -> Ran:
    """Run ``pasand`` with ``arguments`` to its end; ``more`` are settings beside the defaults.

    Raises:
        OperatorError: the command failed.
    """
    command = [sys.executable, "-m", "pasand", *arguments]
    started = time.perf_counter()
    environment = _environment(more)
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    took_s = time.perf_counter() - started
    if done.returncode:
        tail = done.stderr.strip().splitlines()[-3:]
        raise OperatorError(f"pasand {' '.join(arguments[:2])} failed: {' '.join(tail)}")
    return Ran(took_s, json.loads(done.stdout) if "--json" in arguments else {})


@contextmanager
def serving(home: Path, wait_s: float = 300.0) -> Iterator[Serving]:
    """Serve ``home`` with default settings on a free port while the block runs."""
    command = [sys.executable, "-m", "pasand", "serve", "--home", str(home), "--port", "0"]
    with tempfile.TemporaryFile("w+") as told:
        child = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=told, env=_environment()
        )
        try:
            yield _address(child, told, wait_s)
        finally:
            _stop(child)


def resident_mb(pid: int) -> float | None:
    """Return the largest memory a process has held, None where the system does not tell."""
    try:
        text = Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return None
    found = re.search(r"VmHWM:\s+(\d+) kB", text)
    return int(found[1]) * 1024 / 1e6 if found else None


def _address(child: subprocess.Popen[bytes], told: Any, wait_s: float) -> Serving:
    until = time.monotonic() + wait_s
    text = ""
    while time.monotonic() < until:
        # Its own descriptor's place is shared with the child's, so read from the start by name.
        text = os.pread(told.fileno(), 65_536, 0).decode("utf-8", "replace")
        found = _ADDRESS.search(text)
        if found:
            return Serving(found[1], int(found[2]), child.pid)
        if child.poll() is not None:
            break
        time.sleep(0.05)
    raise OperatorError(f"The server did not start: {text.strip()[-300:]}")


def _stop(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(15)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _environment(more: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PASAND_")}
    return {**kept, **more}
