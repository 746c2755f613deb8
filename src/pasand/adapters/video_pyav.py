"""FrameReader by PyAV (FFmpeg) in a child process within limits of memory and time.

FFmpeg's parts under the GPL come with the wheels of PyAV; see NOTICE. Nothing of it is loaded in
this process.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pasand.adapters.limited_child import LimitedChild
from pasand.errors import InvalidInput, MissingExtra, TooMuch
from pasand.video_ports import FilmFacts, FrameBatch, Pixels

__all__ = ["PyavFrameReader"]

_COUNT = 256
_SMALL, _MEDIUM = (36, 64), (144, 256)
#: What text files that make players open other files begin with.
_LISTS = (b"#EXT", b"ffconcat", b"<", b"[", b"v=0", b"\xef\xbb\xbf", b"#!")


class PyavFrameReader:
    """Reads one film; ``threads`` decode at once, a batch may take ``seconds``. One frame in
    ``every`` is also given in the size that its sharpness shows in.
    """

    def __init__(
        self,
        path: Path,
        *,
        threads: int = 1,
        memory_mb: int = 2_048,
        seconds: float = 60.0,
        frames_max: int = 600_000,
        every: int = 4,
    ) -> None:
        self._every = every
        self._path = path
        self._seconds = seconds
        self._frames_max = frames_max
        self.child = LimitedChild("pasand.adapters.video_child", memory_mb)
        self._opening = {
            "act": "open",
            "path": str(path.resolve()),
            "threads": threads,
            "every": every,
        }

    def facts(self) -> FilmFacts:
        """Return what the film says of itself; it is then read from its beginning."""
        try:
            with self._path.open("rb") as file:
                start = file.read(16)
        except OSError as error:
            raise InvalidInput(f"{self._path} cannot be read: {error.strerror}.") from error
        if start.lstrip().startswith(_LISTS):
            raise InvalidInput(
                f"{self._path.name} is a list or a text, not a film.", fix="Give the film itself."
            )
        told, _ = self._ask(self._opening)
        facts = FilmFacts(
            int(told["width"]), int(told["height"]), float(told["per_second"]),
            float(told["seconds"]), str(told["codec"]),
        )  # fmt: skip
        if facts.width < 2 or facts.height < 2:
            raise InvalidInput(f"{self._path.name} has no picture.")
        return facts

    def batches(self) -> Iterator[FrameBatch]:
        """Yield all frames, small, in order."""
        count = 0
        while True:
            told, body = self._ask({"act": "next", "count": _COUNT})
            n, medium = len(told["times"]), int(told["medium"])
            if not n:
                return
            cut = n * 3 * _SMALL[0] * _SMALL[1]
            yield FrameBatch(
                np.frombuffer(body[:cut], np.uint8).reshape(n, 3, *_SMALL),
                np.frombuffer(body[cut:], np.uint8).reshape(medium, *_MEDIUM),
                self._every,
                tuple(map(float, told["times"])),
            )
            count += n
            if count > self._frames_max:
                raise TooMuch(f"{self._path.name} has more than {self._frames_max:,} frames.")

    def still(self, time_s: float, width: int) -> Pixels:
        """Return the frame at a time as height x width x 3, at most ``width`` wide."""
        told, body = self._ask({"act": "still", "time": time_s, "width": width})
        shape = int(told["height"]), int(told["width"]), 3
        return np.frombuffer(body, np.uint8).reshape(shape)

    def close(self) -> None:
        """End the process that reads."""
        self.child.close()

    def _ask(self, head: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        told, body = self.child.ask(head, seconds=self._seconds)
        problem = told.get("error")
        if problem == "missing":
            raise MissingExtra("Films cannot be decoded here.", fix="pip install 'pasand[vision]'")
        if problem == "memory":
            raise TooMuch(f"{self._path.name} takes more memory than it may.")
        if problem:
            raise InvalidInput(
                f"{self._path.name} is no film that can be read.", fix="Give MP4, WebM or Matroska."
            )
        return told, body
