"""Decoding in a child: memory and time are bounded, a dead child is replaced."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image

from pasand.adapters.limited_child import ChildDied, LimitedChild, read_message, write_message
from pasand.adapters.picture_decoder import ChildPictureDecoder
from pasand.bench.hostile import mutated, seeds
from pasand.domain.picture_header import PictureLimits, check_picture, read_header
from pasand.errors import InvalidInput, PasandError, TooMuch


@pytest.fixture
def decoder() -> Iterator[ChildPictureDecoder]:
    made = ChildPictureDecoder(PictureLimits(), memory_mb=256, count=1)
    yield made
    made.close()


def png(width: int, height: int) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "PNG")
    return out.getvalue()


def test_a_header_says_what_a_picture_is() -> None:
    wanted = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "avif": "AVIF"}
    for name, data in seeds().items():
        header = read_header(data)
        assert (header.width, header.height, header.frames) == (48, 27, 1), name
        assert header.format == wanted[name.partition("-")[0]]


def test_limits_are_held_before_anything_is_decoded() -> None:
    data = png(100, 50)
    assert check_picture(data, PictureLimits(pixels_max=5_000)).width == 100
    for limits in (
        PictureLimits(pixels_max=4_999),
        PictureLimits(bytes_max=len(data) - 1),
        PictureLimits(side_max=99),
    ):
        with pytest.raises(TooMuch):
            check_picture(data, limits)


def test_more_memory_than_there_may_be_is_an_answer(decoder: ChildPictureDecoder) -> None:
    small = png(64, 64)
    assert decoder.webp(small, 640).width == 64
    with pytest.raises((TooMuch, ChildDied)):
        decoder.webp(png(6_300, 6_300), 6_300)
    # What comes after it is served all the same, by another child.
    assert decoder.webp(small, 640).width == 64
    assert decoder.pool.children[0].peak_mb < 256


def test_whatever_is_mutated_has_an_answer(decoder: ChildPictureDecoder) -> None:
    good = seeds()
    taken = refused = 0
    for number in range(300):
        try:
            decoder.webp(mutated(good, number), 320)
            taken += 1
        except PasandError as error:
            assert error.message and error.fix
            refused += 1
    assert taken and refused
    assert mutated(good, 7) == mutated(good, 7)


def child(text: str) -> LimitedChild:
    """Return a child that runs a few lines instead of a decoder."""
    made = LimitedChild("unused", 256)
    made._command = [sys.executable, "-c", text]
    return made


def test_a_child_that_hangs_is_ended() -> None:
    made = child("import time; time.sleep(600)")
    with pytest.raises(ChildDied, match="too long"):
        made.ask({}, b"x", seconds=0.3)
    assert made.pid is None and made.deaths == 1


@pytest.mark.parametrize(
    "answer",
    [b"", b"\xff" * 12, b"\0\0\0\x02" + b"\xff" * 8 + b"{}", b"\0\0\0\x02" + bytes(8) + b"[]"],
)
def test_what_a_child_answers_is_not_trusted(answer: bytes) -> None:
    text = f"import sys; sys.stdout.buffer.write({answer!r}); sys.stdout.buffer.flush()"
    made = child(text)
    with pytest.raises(ChildDied):
        made.ask({}, b"", seconds=20)


def test_messages_come_through_whole() -> None:
    line = BytesIO()
    write_message(line, {"a": 1}, b"body")
    line.seek(0)
    assert read_message(line, 4) == ({"a": 1}, b"body") and read_message(line, 4) is None
    line.seek(0)
    with pytest.raises(ValueError, match="larger"):
        read_message(line, 3)
    with pytest.raises(EOFError):
        read_message(BytesIO(line.getvalue()[:-1]), 4)


def test_a_header_that_lies_is_found_out(decoder: ChildPictureDecoder) -> None:
    """The header's reader sees the first size; the decoder has the last word."""
    data = bytearray(png(64, 64))
    data[16:24] = (6_000).to_bytes(4) * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4)
    with pytest.raises(InvalidInput):
        decoder.webp(bytes(data), 320)
