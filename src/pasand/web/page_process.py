"""A page process: reads a home that another process owns, and makes pages for it.

``python -m pasand.web.page_process HOME HANDLE PARENT`` is started by ``page_processes.py``,
which holds the other end of the socket ``HANDLE``. One page is made at a time. It knows no keys
and no sessions: who may see what was decided before it is asked. It ends when the socket does,
and where the system can do that, when its parent does.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

from pasand.bootstrap import Beside, open_beside
from pasand.errors import PasandError
from pasand.web.page_bodies import page_body
from pasand.web.page_frames import Answer, Ask, Frames, Logged, decode_ask, frame
from pasand.web.process_tuning import tune_process

__all__ = ["answered", "logged", "serve_pages"]

_log = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1
_READ_BYTES = 65_536


def serve_pages(beside: Beside, line: socket.socket) -> None:
    """Answer what is asked over ``line`` until its other end is closed."""
    frames = Frames()
    line.sendall(frame(Answer(0)))
    while piece := line.recv(_READ_BYTES):
        for head, _ in frames.raw(piece):
            ask = decode_ask(head)
            answer, body = answered(beside, ask)
            line.sendall(frame(answer, body))
            line.sendall(body)
            # The page is on its way; what is logged of it takes as long again as its cells.
            if beside.logged:
                line.sendall(frame(logged(beside, ask.number)))


def answered(beside: Beside, ask: Ask) -> tuple[Answer, bytes]:
    """Return what is said to one request: never an exception, the asker can make the page too."""
    try:
        beside.follower.reach(ask.record_offset)
        made = page_body(beside.engine, ask.shape, ask.asked)
    except Exception as error:
        _log.exception("a page failed here and is made by the listening process")
        beside.logged.clear()
        return Answer(ask.number, error=f"{type(error).__name__}: {error}"), b""
    return Answer(ask.number, made.level), made.body


def logged(beside: Beside, number: int) -> Logged:
    """Return the block of the page that was just made, none where it cannot be made.

    Another page process may be asked for the page after this one, so nothing is kept here.
    """
    try:
        return Logged(number, beside.engine.stores.log.seal(beside.logged.pop()()))
    except Exception:
        _log.exception("what is logged of a page could not be made; nothing is learned from it")
        return Logged(number, None)


def _keep_up(beside: Beside) -> None:
    while True:
        time.sleep(1.0)
        try:
            beside.follower.tick()
        except PasandError as error:
            _log.error("keeping up failed, will try again: %s", error)


def _end_with(parent: int) -> None:
    """Have the system end this process with its parent, where it can (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _main(home: str, handle: str, parent: str) -> None:
    # Ctrl-C reaches the whole group; the parent decides when its page processes end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with(int(parent))
    line = socket.socket(fileno=int(handle))
    beside = open_beside(Path(home))
    beside.follower.tick()
    tune_process()
    threading.Thread(target=_keep_up, args=(beside,), name="keep-up", daemon=True).start()
    try:
        serve_pages(beside, line)
    except OSError:
        pass
    finally:
        # Without closing: the last one to close a store cleans up behind, which is writing.
        os._exit(0)


if __name__ == "__main__":
    _main(*sys.argv[1:])
