"""Pictures from files: opened within limits, turned upright, as arrays; and scaled.

The limits are read from the header, before anything is decoded. Formats that run code or fetch
others (SVG, playlists) are not among those that are opened.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pasand.errors import InvalidInput, MissingExtra, TooMuch
from pasand.picture_ports import Picture

__all__ = ["FORMATS", "PIXELS_MAX", "opened", "opened_bytes", "pictures_below", "resized"]

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")
SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".avif"))
PIXELS_MAX = 40_000_000
BYTES_MAX = 64 * 2**20


def opened(path: Path) -> Picture:
    """Return the picture of a file."""
    try:
        if path.stat().st_size > BYTES_MAX:
            raise TooMuch(f"{path.name} has over {BYTES_MAX:,} bytes.", field="file")
        return opened_bytes(path.read_bytes(), path.name)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error}", field="file") from None


def opened_bytes(data: bytes, name: str = "the picture") -> Picture:
    """Return the picture that these bytes hold, its first frame if it has several."""
    try:
        from PIL import Image, ImageOps
    except ImportError:
        fix = "Install it: pip install 'pasand[vision]'."
        raise MissingExtra("Opening pictures needs Pillow.", fix=fix) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # The limit below is lower than Pillow's warning.
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                wide, tall = image.size
                if wide * tall > PIXELS_MAX:
                    text = f"{name} has {wide:,} × {tall:,} pixels; {PIXELS_MAX:,} are allowed."
                    raise TooMuch(text, field="file")
                upright = ImageOps.exif_transpose(image)
                return np.array(upright.convert("RGB"), np.uint8)
    except TooMuch:
        raise
    except Exception as error:  # Pillow's readers raise many kinds at damaged files.
        fix = f"Give a picture of one of these formats: {', '.join(FORMATS)}."
        raise InvalidInput(f"{name} is no picture: {error}", field="file", fix=fix) from None


def pictures_below(path: Path) -> Iterator[Path]:
    """Yield a file itself, or every picture below a folder, in the order of their names."""
    if path.is_dir():
        yield from sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES)
    else:
        yield path


def resized(picture: Picture, width: int, height: int) -> Picture:
    """Return the picture in this size; every pixel of the old one counts."""
    from PIL import Image

    if picture.shape[:2] == (height, width):
        return picture
    image = Image.fromarray(np.ascontiguousarray(picture))
    # First by whole steps, then smoothly: a third of the time, and no eye sees it.
    scaled = image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return np.asarray(scaled)
