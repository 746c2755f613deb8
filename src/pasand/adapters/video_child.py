"""The process that decodes films nobody trusts: it may be killed at any moment, and is replaced.

It is started with its limit of memory and asked through its pipes (``limited_child.py``): "open" a
file, the "next" small frames of it, one "still" at a time. Only files are opened, only demuxers of
films (a playlist would open other files), and no frame is larger than it may be.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from pasand.adapters.limited_child import bound, peak_mb, read_message, write_message

__all__ = ["FORMATS", "Film", "answer"]

#: FFmpeg's demuxers that read one film from one file, and nothing else.
FORMATS = "mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,ogg,flv,asf,mxf,h264,hevc"
SMALL = (64, 36)
MEDIUM = (256, 144)
_PIXELS_MAX = 36_000_000
_BODY_MAX = 1 << 20


class Film:
    """One film, read from its beginning once, and at single places again and again."""

    def __init__(self, path: str, threads: int, every: int) -> None:
        from av.video.reformatter import VideoReformatter

        self._path, self._threads, self._every = path, threads, every
        self._scalers = {size: VideoReformatter() for size in (SMALL, MEDIUM)}
        self._count = 0
        self._container = self._open(quick=True)
        self._frames: Iterator[Any] = self._decoded(self._container)
        self._stills: Any = None

    def facts(self) -> dict[str, Any]:
        """Return what the film says of itself."""
        stream = self._container.streams.video[0]
        rate = stream.average_rate or stream.guessed_rate
        length = stream.duration and stream.time_base and float(stream.duration * stream.time_base)
        total = self._container.duration
        return {
            "width": stream.codec_context.width,
            "height": stream.codec_context.height,
            "per_second": float(rate or 25),
            "seconds": float(length or (total / 1e6 if total else 0.0)),
            "codec": stream.codec_context.name,
        }

    def next(self, count: int) -> tuple[dict[str, Any], bytes]:
        """Return the next frames: small ones of all, after them medium ones of some."""
        small, medium, times = [], [], []
        for frame in itertools.islice(self._frames, count):
            small.append(self._planes(frame, SMALL, "yuv444p"))
            if self._count % self._every == 0:
                medium.append(self._planes(frame, MEDIUM, "gray"))
            times.append(round(float(frame.time or 0.0), 6))
            self._count += 1
        return {"times": times, "medium": len(medium)}, b"".join([*small, *medium])

    def still(self, time: float, width: int) -> tuple[dict[str, Any], bytes]:
        """Return the frame at a time, at most so wide, as red, green and blue."""
        if self._stills is None:
            self._stills = self._open(quick=False)
        stream = self._stills.streams.video[0]
        self._stills.seek(max(int(time / stream.time_base), 0), stream=stream)
        found = None
        for frame in self._stills.decode(stream):
            found = frame
            if frame.time is None or frame.time >= time - 1e-4:
                break
        if found is None:
            return {"error": "missing"}, b""
        ratio = float(stream.sample_aspect_ratio or 1)
        wide = min(width, round(found.width * ratio))
        high = max(2, round(wide * found.height / (found.width * ratio)) // 2 * 2)
        wide = max(2, wide // 2 * 2)
        picture = found.reformat(wide, high, "rgb24", interpolation="BICUBIC").to_ndarray()
        return {"width": wide, "height": high, "time": float(found.time or 0)}, picture.tobytes()

    def close(self) -> None:
        """Let the file go."""
        for container in (self._container, self._stills):
            if container is not None:
                container.close()

    def _open(self, *, quick: bool) -> Any:
        import av

        options = {"protocol_whitelist": "file", "format_whitelist": FORMATS}
        # A name is never an address: "concat:..." is then the name of a file.
        container = av.open(f"file:{self._path}", container_options=options)
        stream = container.streams.video[0]
        context = stream.codec_context
        context.thread_count = self._threads if quick else 1
        if quick and self._threads > 1:
            stream.thread_type = "AUTO"
        more = {"skip_loop_filter": "all"} if quick else {}
        context.options = {"max_pixels": str(_PIXELS_MAX), **more}
        if context.width * context.height > _PIXELS_MAX:
            raise ValueError("large")
        return container

    def _planes(self, frame: Any, size: tuple[int, int], form: str) -> bytes:
        """Return a frame's values in a small size, plane after plane."""
        # One scaler for each size: making its tables costs more than using them.
        scaled = self._scalers[size].reformat(frame, *size, form, interpolation="AREA")
        return bytes(np.ascontiguousarray(scaled.to_ndarray()).tobytes())

    def _decoded(self, container: Any) -> Iterator[Any]:
        """Yield frames until the film ends or breaks off."""
        import av

        with suppress(av.error.FFmpegError):
            yield from container.decode(container.streams.video[0])


def answer(films: dict[str, Film], head: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return the answer to one request; ``films`` holds the one that is open."""
    act = head["act"]
    if act == "open":
        for film in films.values():
            film.close()
        films.clear()
        films["film"] = film = Film(str(head["path"]), int(head["threads"]), int(head["every"]))
        return film.facts(), b""
    if "film" not in films:
        return {"error": "closed"}, b""
    if act == "next":
        return films["film"].next(int(head["count"]))
    return films["film"].still(float(head["time"]), int(head["width"]))


def main(memory_mb: int) -> None:
    """Answer until nobody asks any more."""
    problem = ""
    try:
        import av

        av.logging.set_level(None)
    except ImportError:
        problem = "missing"
    bound(memory_mb)
    films: dict[str, Film] = {}
    while (asked := read_message(sys.stdin.buffer, _BODY_MAX)) is not None:
        told: dict[str, Any] = {"error": problem}
        body = b""
        if not problem:
            try:
                told, body = answer(films, asked[0])
            except MemoryError:
                told = {"error": "memory"}
            except Exception as error:
                told = {"error": "damaged", "detail": type(error).__name__}
        told["peak_mb"] = peak_mb()
        write_message(sys.stdout.buffer, told, body)


if __name__ == "__main__":
    main(int(sys.argv[1]))
