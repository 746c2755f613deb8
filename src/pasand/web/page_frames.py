"""What the listening process and a page process say to each other over their socket.

A frame is eight bytes, the lengths of its head and its body (little endian); then the head in
MessagePack; then the body, the bytes of a page's answer. Nothing else has a body. A page process
first says that it is ready, with an answer of number 0, then answers in the order it was asked;
after a page that is to be logged comes the block to log.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec

from pasand.flows.engine import PageRequest
from pasand.ports import Sealed
from pasand.web.page_maker import Shape

__all__ = ["Answer", "Ask", "Frames", "Logged", "decode_ask", "frame"]

_LENGTHS = struct.Struct("<II")


class Ask(msgspec.Struct, array_like=True, frozen=True):
    """A request for a page, made after reading every item and member up to ``record_offset``."""

    number: int
    shape: Shape
    asked: PageRequest
    record_offset: int


class Answer(msgspec.Struct, array_like=True, frozen=True, tag=True):
    """What was made, or why it failed."""

    number: int
    level: int = 0
    error: str = ""


class Logged(msgspec.Struct, array_like=True, frozen=True, tag=True):
    """The block of the page that was answered with last, None where it could not be made."""

    number: int
    block: Sealed | None


_encode = msgspec.msgpack.Encoder().encode
_decode_answer = msgspec.msgpack.Decoder(Answer | Logged).decode
decode_ask = msgspec.msgpack.Decoder(Ask).decode


def frame(head: Ask | Answer | Logged, body: bytes = b"") -> bytes:
    """Return a frame but for its body, which is sent after it."""
    encoded = _encode(head)
    return _LENGTHS.pack(len(encoded), len(body)) + encoded


class Frames:
    """Puts frames together from the pieces in which they arrive."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def raw(self, piece: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield head and body of every frame that ``piece`` completes."""
        self._buffer += piece
        while len(self._buffer) >= _LENGTHS.size:
            head_length, body_length = _LENGTHS.unpack_from(self._buffer)
            start = _LENGTHS.size + head_length
            end = start + body_length
            if len(self._buffer) < end:
                return
            with memoryview(self._buffer) as view:
                head, body = bytes(view[_LENGTHS.size : start]), bytes(view[start:end])
            del self._buffer[:end]
            yield head, body

    def answers(self, piece: bytes) -> Iterator[tuple[Answer | Logged, bytes]]:
        """Yield every answer with its body that ``piece`` completes."""
        for head, body in self.raw(piece):
            yield _decode_answer(head), body
