"""A child process that does one job after another within limits, and is replaced when it dies.

Messages go both ways through its pipes: four bytes with the length of a head, eight with that of
a body, the head as JSON, the body as it is. The child reads a whole message before it answers.
What a child answers is not trusted either: lengths are bounded.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, LifoQueue
from typing import IO, Any

from pasand.errors import InvalidInput, Overloaded

__all__ = [
    "ChildDied",
    "ChildPool",
    "LimitedChild",
    "bound",
    "peak_mb",
    "read_message",
    "write_message",
]

_HEAD_MAX = 1 << 20
#: What a child may take of the processor in its life: it is replaced after that.
_LIFE_S = 3_600
#: What of this process's environment a child sees: no settings, no secrets.
_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")


class ChildDied(InvalidInput):
    """The process that worked on this died of it, or took too long and was ended."""

    code = "undecodable"


class LimitedChild:
    """Runs ``python -m module memory_mb`` and asks it one thing at a time."""

    def __init__(self, module: str, memory_mb: int, answer_max: int = 1 << 28) -> None:
        self._command = [sys.executable, "-m", module, str(memory_mb)]
        self._answer_max = answer_max
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self.peak_mb = 0.0
        self.deaths = 0

    def ask(
        self, head: Mapping[str, Any], body: bytes = b"", *, seconds: float
    ) -> tuple[dict[str, Any], bytes]:
        """Return the child's answer.

        A child that lay dead already costs nothing: a new one is asked.

        Raises:
            ChildDied: it died of this, or did not answer in time.
        """
        with self._lock:
            reused = self._process is not None
            timed_out = threading.Event()
            try:
                return self._exchange(head, body, seconds, timed_out)
            except (OSError, EOFError, ValueError) as error:
                self._drop()
                if timed_out.is_set() or not reused:
                    raise _died(timed_out.is_set()) from error
            try:
                return self._exchange(head, body, seconds, timed_out)
            except (OSError, EOFError, ValueError) as error:
                self._drop()
                raise _died(timed_out.is_set()) from error

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._drop()

    @property
    def pid(self) -> int | None:
        """The process's number, None where none runs."""
        return self._process.pid if self._process else None

    def _exchange(
        self, head: Mapping[str, Any], body: bytes, seconds: float, timed_out: threading.Event
    ) -> tuple[dict[str, Any], bytes]:
        process = self._process or self._start()

        def end() -> None:
            timed_out.set()
            process.kill()

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            assert process.stdin is not None and process.stdout is not None
            write_message(process.stdin, head, body)
            answer = read_message(process.stdout, self._answer_max)
        finally:
            timer.cancel()
        if answer is None:
            raise EOFError
        self.peak_mb = max(self.peak_mb, float(answer[0].get("peak_mb", 0.0)))
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        environment |= {"MALLOC_ARENA_MAX": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )
        return self._process

    def _drop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        self.deaths += 1
        process.kill()
        for stream in (process.stdin, process.stdout):
            # What was still to be written is for nobody any more.
            with suppress(OSError, ValueError):
                if stream is not None:
                    stream.close()
        process.wait()


def _died(timed_out: bool) -> ChildDied:
    why = "takes too long to decode" if timed_out else "cannot be decoded"
    return ChildDied(f"This file {why}.", field="picture", fix="Save it again with another tool.")


class ChildPool:
    """A few children of one kind; who asks takes one that is free."""

    def __init__(self, module: str, memory_mb: int, count: int = 2, wait_s: float = 20.0) -> None:
        self.children = [LimitedChild(module, memory_mb) for _ in range(count)]
        self._wait_s = wait_s
        # The one used last is asked first: the others start only when they are needed.
        self._free: LifoQueue[LimitedChild] = LifoQueue()
        for child in reversed(self.children):
            self._free.put(child)

    def ask(
        self, head: Mapping[str, Any], body: bytes = b"", *, seconds: float
    ) -> tuple[dict[str, Any], bytes]:
        """Return a free child's answer.

        Raises:
            ChildDied: it died of this, or did not answer in time.
            Overloaded: none became free.
        """
        try:
            child = self._free.get(timeout=self._wait_s)
        except Empty:
            raise Overloaded("Too many pictures wait to be decoded.") from None
        try:
            return child.ask(head, body, seconds=seconds)
        finally:
            self._free.put(child)

    def close(self) -> None:
        """End all children."""
        for child in self.children:
            child.close()


def write_message(stream: IO[bytes], head: Mapping[str, Any], body: bytes = b"") -> None:
    """Send one message."""
    encoded = json.dumps(head).encode()
    stream.write(len(encoded).to_bytes(4) + len(body).to_bytes(8) + encoded)
    stream.write(body)
    stream.flush()


def read_message(stream: IO[bytes], body_max: int) -> tuple[dict[str, Any], bytes] | None:
    """Return the next message, None where the other side has closed.

    Raises:
        EOFError: it closed in the middle of a message.
        ValueError: the message is no message, or larger than it may be.
    """
    sizes = stream.read(12)
    if not sizes:
        return None
    if len(sizes) < 12:
        raise EOFError
    head_size, body_size = int.from_bytes(sizes[:4]), int.from_bytes(sizes[4:])
    if head_size > _HEAD_MAX or body_size > body_max:
        raise ValueError("a message is larger than it may be")
    head, body = stream.read(head_size), stream.read(body_size)
    if len(head) < head_size or len(body) < body_size:
        raise EOFError
    found = json.loads(head)
    if not isinstance(found, dict):
        raise ValueError("a message is no message")
    return found, body


def bound(memory_mb: int, nice: int = 0) -> None:
    """Bound this process: its memory, no files written, no core; ``nice`` to those who serve."""
    try:
        import resource
    except ImportError:
        return  # Windows has no such limits: time alone is bounded there
    limits = (
        (resource.RLIMIT_AS, memory_mb << 20),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, _LIFE_S),
    )
    for kind, most in limits:
        # A system may know a limit and not take it (macOS: RLIMIT_AS).
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))
    with suppress(OSError):
        os.nice(nice)


def peak_mb() -> float:
    """Return the most memory that this process has held, in megabytes.

    Where the system tells it of this program alone that is taken: the usual count goes on from
    the process that started it, however large that was.
    """
    with suppress(OSError, ValueError, IndexError):
        status = Path("/proc/self/status").read_text("ascii")
        return round(int(status.partition("VmHWM:")[2].split()[0]) / 1024, 1)
    import resource

    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
