"""The doors out for pictures and films that come from outside: none is decoded in this process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "DecodedPicture",
    "FilmFacts",
    "FrameBatch",
    "FrameReader",
    "PictureDecoder",
    "PictureFetcher",
    "PictureShelf",
    "Pixels",
    "StillFolder",
    "StillWitness",
]

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class DecodedPicture:
    """A picture written anew: ``data`` is WebP without any metadata; ``palette`` its main
    colours, the one that covers most first.
    """

    data: bytes
    width: int
    height: int
    palette: tuple[str, ...] = ()


class PictureDecoder(Protocol):
    """Decodes pictures that nobody trusts, within limits of memory and time."""

    def webp(self, data: bytes, width: int, quality: int = 80) -> DecodedPicture:
        """Return a picture as WebP, at most ``width`` wide and never enlarged.

        Raises:
            InvalidInput: it is no picture, is damaged, or takes too much to decode.
            TooMuch: it is over a limit.
            MissingExtra: pictures cannot be decoded here.
            Overloaded: too many wait.
        """
        ...

    def close(self) -> None:
        """Let its processes go."""
        ...


class PictureFetcher(Protocol):
    """Fetches pictures from addresses that an operator allows."""

    def fetch(self, address: str, bytes_max: int) -> bytes:
        """Return the bytes behind an address.

        Raises:
            NotAllowed: nothing may be fetched from there.
            InvalidInput: the address is malformed, or does not answer with a picture.
            TooMuch: the answer is larger than ``bytes_max``.
        """
        ...


class PictureShelf(Protocol):
    """The home's pictures, and what is made of them in preset sizes."""

    def put(self, data: bytes) -> str:
        """Keep a picture durably; return its file's name below the artwork folder."""
        ...

    def sized(self, file: Path, width: int) -> Path:
        """Return the WebP file of a picture at a width, made once.

        Raises: what ``PictureDecoder.webp`` raises.
        """
        ...

    def close(self) -> None:
        """Let what decodes go."""
        ...


@dataclass(frozen=True, slots=True)
class FilmFacts:
    """What a film says of itself; ``seconds`` is 0 where it does not tell its length."""

    width: int
    height: int
    per_second: float
    seconds: float
    codec: str = ""


@dataclass(frozen=True, slots=True)
class FrameBatch:
    """Frames that follow each other: ``small`` n x 3 x 36 x 64 (brightness and two colours) of
    all, ``medium`` m x 144 x 256 (brightness) of every ``every``-th of the film, and their times.
    """

    small: Pixels
    medium: Pixels
    every: int
    times: tuple[float, ...]


class FrameReader(Protocol):
    """Reads one film within limits of memory and time, in another process."""

    def facts(self) -> FilmFacts:
        """Return what the film says of itself; it is then read from its beginning.

        Raises:
            InvalidInput: it is no film, or cannot be read.
            MissingExtra: films cannot be decoded here.
        """
        ...

    def batches(self) -> Iterator[FrameBatch]:
        """Yield all frames, small, in order; a film that breaks off ends there.

        Raises:
            TooMuch: it has more frames than a film may, or takes too much memory.
            InvalidInput: it takes too long.
        """
        ...

    def still(self, time_s: float, width: int) -> Pixels:
        """Return the frame at a time as height x width x 3, at most ``width`` wide."""
        ...

    def close(self) -> None:
        """End the process that reads."""
        ...


class StillWitness(Protocol):
    """Looks at a still and says what it shows; ``stages/film/sights.py`` has what it says."""

    def look(self, picture: Pixels) -> Any:
        """Return what is seen: a ``Sight``."""
        ...


class StillFolder(Protocol):
    """The queue of stills that wait for a person's approval, by title."""

    def put(self, title_id: str, entry: dict[str, Any], crops: dict[str, Pixels]) -> None:
        """Keep a candidate with its pictures by shape."""
        ...

    def entries(self, title_id: str) -> list[dict[str, Any]]:
        """Return a title's candidates, oldest first."""
        ...

    def set_state(self, title_id: str, candidate_id: str, state: str) -> None:
        """Note what became of one."""
        ...

    def picture(self, title_id: str, candidate_id: str, shape: str) -> bytes:
        """Return a candidate's picture as a file's bytes."""
        ...
