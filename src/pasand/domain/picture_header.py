"""What the first bytes of a picture say: its format, its size, how many frames it has.

Read before anything is decoded, so that a picture that says it is too large costs nothing. A
header may lie: whoever decodes asks the decoder again. Only formats of pixels are known here;
drawings that are programs (SVG, PDF) are not, and never will be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pasand.errors import InvalidInput, TooMuch

__all__ = ["FORMATS", "PictureHeader", "PictureLimits", "check_picture", "read_header"]

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")
_PNG = b"\x89PNG\r\n\x1a\n"
#: Markers of JPEG that stand alone, without a length.
_BARE = frozenset((0x01, *range(0xD0, 0xD9)))
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
#: So far into a file the boxes that describe an AVIF picture are looked for.
_BOXES_MAX = 1 << 16

#: What else people send, by how it begins.
_OTHERS = (
    (b"GIF8", "GIF"), (b"BM", "BMP"), (b"II*\x00", "TIFF"), (b"MM\x00*", "TIFF"),
    (b"%PDF", "PDF"), (b"PK\x03\x04", "ZIP"), (b"\x1f\x8b", "GZIP"), (b"#EXTM3U", "a playlist"),
    (b"\x1aE\xdf\xa3", "a film (Matroska)"), (b"RIFF", "a RIFF file"), (b"\x00\x00\x01\x00", "ICO"),
    (b"8BPS", "PSD"), (b"\x7fELF", "a program"), (b"MZ", "a program"), (b"{", "JSON"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """What a picture says of itself; ``frames`` above 1 is an animation."""

    format: str
    width: int
    height: int
    frames: int = 1


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """What a picture may be at most."""

    bytes_max: int = 20_000_000
    pixels_max: int = 40_000_000
    side_max: int = 32_768
    frames_max: int = 1


def check_picture(data: bytes, limits: PictureLimits) -> PictureHeader:
    """Return the header of a picture that may be decoded.

    Raises:
        TooMuch: it has, or says it has, more bytes, pixels or frames than a picture may.
        InvalidInput: it is no picture of a known format, or its header cannot be read.
    """
    if len(data) > limits.bytes_max:
        raise TooMuch(
            f"The picture has {len(data):,} bytes.",
            field="picture",
            fix=f"At most {limits.bytes_max:,} are taken.",
        )
    header = read_header(data)
    if header.width < 1 or header.height < 1:
        raise InvalidInput("The picture has no size.", field="picture", fix="Save it again.")
    pixels, side = header.width * header.height, max(header.width, header.height)
    if pixels > limits.pixels_max or side > limits.side_max:
        raise TooMuch(
            f"The picture is {header.width:,} x {header.height:,}.",
            field="picture",
            fix=f"At most {limits.pixels_max // 1_000_000} megapixels are taken,"
            f" {limits.side_max:,} a side.",
        )
    if header.frames > limits.frames_max:
        raise TooMuch(
            "The picture moves.",
            field="picture",
            fix="Send one still; of a film, `pasand artwork from-video` takes stills.",
        )
    return header


def read_header(data: bytes) -> PictureHeader:
    """Return what a picture says of itself.

    Raises:
        InvalidInput: it is no picture of a known format, or its header cannot be read.
    """
    for begins, read in _READERS:
        if begins(data):
            header = read(data)
            if header is None:
                raise InvalidInput(
                    "The picture's header is damaged.", field="picture", fix="Save it again."
                )
            return header
    raise InvalidInput(
        f"This is {_said(data)}, not a picture that is taken.",
        field="picture",
        fix="Send JPEG, PNG, WebP or AVIF.",
    )


def _said(data: bytes) -> str:
    """Return what a file seems to be."""
    if not data:
        return "empty"
    start = data[:256].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if b"<svg" in data[:4096].lower():
        return "SVG"
    if start.startswith((b"<?xml", b"<!doctype", b"<html", b"<")):
        return "markup"
    if data[4:8] == b"ftyp":
        return "a film or another ISO file"
    return next((name for begin, name in _OTHERS if data.startswith(begin)), "an unknown file")


def _png(data: bytes) -> PictureHeader | None:
    if len(data) < 33 or data[12:16] != b"IHDR":
        return None
    width, height = (int.from_bytes(data[at : at + 4]) for at in (16, 20))
    frames, at = 1, 33
    while at + 12 <= len(data) and data[at + 4 : at + 8] != b"IDAT":
        if data[at + 4 : at + 8] == b"acTL":
            frames = max(2, int.from_bytes(data[at + 8 : at + 12]))
            break
        at += 12 + int.from_bytes(data[at : at + 4])
    return PictureHeader("PNG", width, height, frames)


def _jpeg(data: bytes) -> PictureHeader | None:
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _BARE:
            at += 2
        elif marker in _FRAMES and at + 9 <= len(data):
            height, width = (int.from_bytes(data[at + n : at + n + 2]) for n in (5, 7))
            return PictureHeader("JPEG", width, height)
        else:
            length = int.from_bytes(data[at + 2 : at + 4])
            if length < 2 or marker == 0xDA:
                return None
            at += 2 + length
    return None


def _webp(data: bytes) -> PictureHeader | None:
    kind, body = data[12:16], data[20:]
    if len(body) < 10:
        return None
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(body[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        return PictureHeader("WEBP", width, height)
    if kind == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return PictureHeader("WEBP", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if kind == b"VP8X":
        width, height = (1 + int.from_bytes(body[at : at + 3], "little") for at in (4, 7))
        return PictureHeader("WEBP", width, height, 2 if body[0] & 2 else 1)
    return None


def _avif(data: bytes) -> PictureHeader | None:
    if b"avis" in data[8:64]:
        return PictureHeader("AVIF", 1, 1, 2)
    head, at, sizes = data[:_BOXES_MAX], 0, []
    # Every item of the file has its own size: the largest one is what must be decoded.
    while (at := head.find(b"ispe", at)) >= 0:
        if at + 16 <= len(head):
            sizes.append(tuple(int.from_bytes(head[at + n : at + n + 4]) for n in (8, 12)))
        at += 4
    if not sizes:
        return None
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return PictureHeader("AVIF", width, height)


_READERS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes], PictureHeader | None]], ...] = (
    (lambda data: data.startswith(_PNG), _png),
    (lambda data: data.startswith(b"\xff\xd8\xff"), _jpeg),
    (lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP", _webp),
    (lambda data: data[4:8] == b"ftyp" and data[8:12] in (b"avif", b"avis"), _avif),
)
