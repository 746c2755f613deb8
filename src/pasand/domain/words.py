"""Words as a search compares them, and how closely an item fits the words of a search.

One folding for all: what is typed, what the index holds and what a page follows from. Case,
accents and points are folded away; "Ocean's" and "Spider-Man" are found as one word and as two.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

__all__ = [
    "ARTICLES",
    "BEGINS",
    "EXACT",
    "IN_PEOPLE",
    "IN_TITLE",
    "closeness",
    "folded",
    "joined",
    "searchable",
    "words_of",
]

#: How closely an item fits, best first: it is the title; the title begins so, perhaps after an
#: article; each word begins a word of the title; people are needed too.
EXACT = 0
BEGINS = 1
IN_TITLE = 2
IN_PEOPLE = 3

#: More words than these say no more; they are not searched.
WORD_COUNT_MAX = 8
#: What a title may begin with before what people know it by.
ARTICLES = ("the ", "a ", "an ")

#: Letters that no decomposition takes apart, as people type them.
_PLAIN = {
    "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i",
    "\n": "\n",
}  # fmt: skip
_COMPOUND = re.compile(r"\w+(?:['\u2019\u02bc.\u00b7:/&-]\w+)+")


class _Letters(dict[int, str]):
    """What each letter becomes; the answer for a letter is always the same, so it is kept."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        kind = unicodedata.category(letter)[0]
        if letter in _PLAIN:
            plain = _PLAIN[letter]
        elif kind == "M":
            plain = "" if unicodedata.combining(letter) else letter
        else:
            plain = letter if kind in "LN" else " "
        self[code] = plain
        return plain


_LETTERS = _Letters()


def folded(text: str) -> str:
    """Return a text as it is compared: words with single or more spaces between; lines stay."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return plain.translate(_LETTERS)


def words_of(text: str) -> list[str]:
    """Return the words of a text, folded; the first eight."""
    return folded(text).split()[:WORD_COUNT_MAX]


def joined(name: str) -> str:
    """Return a name with its compounds written as one word each ("SpiderMan"), empty where it has
    none.
    """
    whole = _COMPOUND.sub(lambda found: re.sub(r"\W", "", found[0]), name)
    return whole if whole != name else ""


def searchable(title: str, people: Sequence[str]) -> tuple[str, str, str]:
    """Return what of an item is searched, folded, with single spaces between words: the title,
    the same with compounds as one word where it has any, and people.
    """
    also = joined(title)
    return _spaced(title), _spaced(also) if also else "", _spaced("\n".join(people))


def closeness(words: Sequence[str], title: str, also: str, people: str) -> int | None:
    """Return how closely an item fits the words of a search, None where it does not.

    The texts are those of ``searchable``. Each word of the search must begin one of theirs.
    """
    titles = f" {title} {also}"
    spread = f"{titles} {people}"
    for word in words:
        if f" {word}" not in spread:
            return None
    text = " ".join(words)
    if text in (title, also):
        return EXACT
    if title.startswith(text) or also.startswith(text):
        return BEGINS
    for article in ARTICLES:
        if title.startswith(article) and title[len(article) :].startswith(text):
            return BEGINS
    for word in words:
        if f" {word}" not in titles:
            return IN_PEOPLE
    return IN_TITLE


def _spaced(text: str) -> str:
    return " ".join(folded(text).split())
