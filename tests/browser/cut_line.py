"""A line between a browser and a server that can be cut in the middle."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

PASS, CUT, DEAF = "pass", "cut", "deaf"


class Line:
    """Passes bytes on. ``mode`` CUT hangs up on everybody; DEAF lets the server hear and do what
    is asked, and the browser never hear that it did.
    """

    def __init__(self, port: int) -> None:
        self.server_port = port
        self.mode = PASS
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def set(self, mode: str) -> None:
        """Change what the line does; cutting ends what is open."""
        self.mode = mode
        if mode == CUT:
            self._hang_up()

    def close(self) -> None:
        """Take the line down."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self._hang_up()

    def _hang_up(self) -> None:
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            if self.mode == CUT:
                caller.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.server_port))
            except OSError:
                caller.close()
                continue
            self._open |= {caller, server}
            for source, target, heard in ((caller, server, True), (server, caller, False)):
                pump = threading.Thread(
                    target=self._pump, args=(source, target, heard), daemon=True
                )
                pump.start()

    def _pump(self, source: socket.socket, target: socket.socket, heard: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if self.mode == CUT or (self.mode == DEAF and not heard):
                    break
                target.sendall(data)
        for one in (source, target):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._open.discard(source)
        source.close()
