"""Texts as the numbers that an image-text model reads: byte pair encoding from tokenizer.json.

Both flavours in use are read: CLIP's, where a word ends in ``</w>`` and every byte has a letter,
and SigLIP 2's, where a space is ``▁`` and a letter unknown is spelt in bytes. Nothing of the
file's other features is used; a file that is neither is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pasand.errors import InvalidInput

__all__ = ["Tokens"]

#: CLIP's words: what is behind an apostrophe, letters, one figure, or signs.
_WORDS = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|(?:[^\s\w]|_)+")
_START, _END = ("<|startoftext|>", "<bos>"), ("<|endoftext|>", "<eos>")


class Tokens:
    """Turns texts into rows of ``length`` numbers, filled up with the padding's."""

    def __init__(self, path: Path, length: int) -> None:
        try:
            file = json.loads(path.read_text("utf-8"))
            model = file["model"]
            self._number: dict[str, int] = dict(model["vocab"])
            merges = [tuple(m.split(" ", 1)) if isinstance(m, str) else tuple(m)
                      for m in model["merges"]]  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InvalidInput(
                f"{path} is no byte pair tokenizer: {error!r}", field="file"
            ) from None
        self._number |= {a["content"]: a["id"] for a in file.get("added_tokens", ())}
        self._rank = {pair: rank for rank, pair in enumerate(merges)}
        self._clip = model.get("end_of_word_suffix") == "</w>"
        self._length = length
        self._start = self._first(_START) if self._clip else None
        self._end = self._first(_END)
        # CLIP fills up with the end's own number, the other flavour with <pad>.
        self._padding = self._end if self._clip else self._number.get("<pad>", 0)
        self._word = lru_cache(maxsize=65_536)(self._encoded)

    def rows(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Return [texts, length]; a text that is too long loses its end."""
        found = np.full((len(texts), self._length), self._padding or 0, np.int64)
        for row, text in zip(found, texts, strict=True):
            numbers = self.numbers(text)
            row[: len(numbers)] = numbers
        return found

    def numbers(self, text: str) -> list[int]:
        """Return the numbers of one text, its end's included."""
        text = " ".join(text.lower().split())
        words = _WORDS.findall(text) if self._clip else [text.replace(" ", "▁")]
        found = [] if self._start is None else [self._start]
        for word in words:
            found += self._word(word)
        end = [] if self._end is None else [self._end]
        return found[: self._length - len(end)] + end

    def _first(self, names: Sequence[str]) -> int | None:
        return next((self._number[name] for name in names if name in self._number), None)

    def _encoded(self, word: str) -> tuple[int, ...]:
        if self._clip:
            parts = [_LETTERS[byte] for byte in word.encode()]
            parts[-1] += "</w>"
        else:
            parts = list(word)
        found: list[int] = []
        for part in _merged(parts, self._rank):
            if part in self._number:
                found.append(self._number[part])
            else:
                spelt = [f"<0x{byte:02X}>" for byte in part.encode()]
                found += [self._number[byte] for byte in spelt if byte in self._number]
        return tuple(found)


def _merged(parts: list[str], rank: dict[tuple[str, ...], int]) -> list[str]:
    """Return the parts after joining, again and again, the pair of neighbours that ranks first."""
    while len(parts) > 1:
        pairs = [(rank.get((a, b), len(rank)), at) for at, (a, b) in enumerate(pairwise(parts))]
        best, at = min(pairs)
        if best == len(rank):
            break
        parts = [*parts[:at], parts[at] + parts[at + 1], *parts[at + 2 :]]
    return parts


def _letters() -> dict[int, str]:
    """Return the letter that stands for each byte: itself if it can be seen, else one above 255."""
    seen = [*range(33, 127), *range(161, 173), *range(174, 256)]
    unseen = [byte for byte in range(256) if byte not in seen]
    return {byte: chr(byte) for byte in seen} | {b: chr(256 + n) for n, b in enumerate(unseen)}


_LETTERS = _letters()
