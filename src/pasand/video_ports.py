"""The doors out for pictures and films that come from outside: none is decoded in this process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

__all__ = ["DecodedPicture", "PictureDecoder", "PictureFetcher", "PictureShelf"]


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
