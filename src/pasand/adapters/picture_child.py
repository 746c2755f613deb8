"""The process that decodes pictures nobody trusts: it may be killed at any moment, and is replaced.

It is started with its limit of memory and asked through its pipes (``limited_child.py``): a head
``{"width", "quality", "pixels", "seconds"}`` with a picture behind it. It answers with the picture
as WebP, decoded and written anew, so that nothing but pixels comes through: no metadata, no
profile, no second file behind the first. Or it answers with what is wrong.
"""

from __future__ import annotations

import resource
import struct
import sys
import warnings
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from typing import Any

from pasand.adapters.limited_child import bound, peak_mb, read_message, write_message
from pasand.domain.picture_header import FORMATS

__all__ = ["as_webp"]

_BODY_MAX = 1 << 28
_COLOUR_COUNT = 3


def main(memory_mb: int) -> None:
    """Answer until nobody asks any more."""
    out = sys.stdout.buffer
    problem = ""
    try:
        # All that decoding needs is loaded before memory is bounded.
        from PIL import Image

        Image.init()
    except ImportError:
        problem = "missing"
    bound(memory_mb, nice=5)
    # Sizes are checked here; of what else is odd in a file nobody is told.
    warnings.simplefilter("ignore")
    while (asked := read_message(sys.stdin.buffer, _BODY_MAX)) is not None:
        head, body = asked
        answer: dict[str, Any] = {"error": problem}
        made = b""
        if not problem:
            _time(int(head["seconds"]))
            answer, made = _answer(head, body)
        answer["peak_mb"] = peak_mb()
        write_message(out, answer, made)
        if answer.get("error") == "memory":
            return  # what is left of its memory is in pieces


def _time(seconds: int) -> None:
    """Let the next picture take so many seconds of the processor and no more."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + 1 + seconds
    with suppress(OSError, ValueError):
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (until, most))


def _answer(head: Mapping[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    try:
        return as_webp(body, int(head["width"]), int(head["quality"]), int(head["pixels"]))
    except MemoryError:
        return {"error": "memory"}, b""
    except Exception as error:
        return {"error": "damaged", "detail": type(error).__name__}, b""


def as_webp(data: bytes, width: int, quality: int, pixels_max: int) -> tuple[dict[str, Any], bytes]:
    """Return a picture written anew as WebP, with its size and main colours."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = pixels_max
    with Image.open(BytesIO(data), formats=FORMATS) as picture:
        if picture.width * picture.height > pixels_max:
            return {"error": "large"}, b""
        if getattr(picture, "n_frames", 1) > 1 and picture.format != "MPO":
            return {"error": "moves"}, b""
        # A JPEG can be decoded at half, a quarter or an eighth of its size.
        picture.draft("RGB", (2 * width, 1))
        picture.load()
        turned: Any = picture
        # A broken note of how the camera was held is no reason to refuse its picture.
        with suppress(OSError, SyntaxError, ValueError, KeyError, struct.error):
            turned = ImageOps.exif_transpose(picture)
    # Sixteen bits a colour or a palette: after this, eight bits of red, green and blue.
    has_alpha = "A" in turned.getbands() or "transparency" in turned.info
    plain = turned.convert("RGBA" if has_alpha else "RGB")
    if plain.width > width:
        height = max(1, round(plain.height * width / plain.width))
        plain = plain.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
    out = BytesIO()
    plain.save(out, "WEBP", quality=quality, method=2, exif=b"", icc_profile=b"", xmp=b"")
    said = {"width": plain.width, "height": plain.height, "palette": _palette(plain)}
    return said, out.getvalue()


def _palette(picture: Any) -> list[str]:
    """Return the colours that cover most."""
    small = picture.convert("RGB").resize((32, 32)).quantize(_COLOUR_COUNT)
    colours = small.getpalette() or []
    counts = sorted(small.getcolors() or [], reverse=True)
    triples = (colours[3 * code : 3 * code + 3] for _, code in counts)
    return ["#{:02x}{:02x}{:02x}".format(*triple) for triple in triples if len(triple) == 3]


if __name__ == "__main__":
    main(int(sys.argv[1]))
