"""The words of a catalogue: which items a text speaks of, and which known word was meant.

Everything is made from one snapshot and kept with it. Names lie folded in one long text, so that
a word is found at the speed of a text search, and a million titles take a few bytes a letter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Catalog, Ragged
from pasand.domain.ids import short_hash
from pasand.domain.words import folded, joined, words_of

__all__ = [
    "Haystack",
    "Matches",
    "Vocabulary",
    "matches",
    "nearest_words",
    "popular_with_all",
    "prepare",
    "slips_between",
    "with_all",
]

Positions = NDArray[np.int32]
Ranking = Callable[[], Positions]

#: What a word counts where it stands. A person or a title is meant; a genre may be.
COUNTS = {"genre": 0.6, "tag": 0.6, "person": 1.0, "title": 1.0}
#: A word that only begins one of an item's says less, and one this short must be whole.
BEGUN = 0.6
BEGUN_LENGTH_MIN = 3
#: What so many titles have, at least so many, is no word to find them by.
COMMON_SHARE = 0.2
COMMON_COUNT_MIN = 20
#: Items of one text that are kept, best first, and texts that are kept with a snapshot.
ITEM_COUNT_MAX = 5_000
TEXT_COUNT_MAX = 1_000
#: An item that has less of a text's words than this is no match.
STRENGTH_MIN = 0.3
#: A word of four letters may be one slip away from what was meant, one of eight two.
ONE_SLIP, TWO_SLIPS = 4, 8


class Haystack:
    """Names in one folded text, a line each, every word after a space."""

    def __init__(self, names: Sequence[str]) -> None:
        text = "\n".join([f"{name} {joined(name)}".replace("\n", " ") for name in names])
        lines = folded(text).split("\n") if names else []
        self.text = "".join([f" {line}\n" for line in lines])
        ends = np.cumsum([len(line) + 2 for line in lines], dtype=np.int64)
        self._start: NDArray[np.int64] = np.concatenate([np.zeros(1, np.int64), ends])

    def having(self, word: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return which names have ``word``, and which have one that begins with it."""
        whole: list[int] = []
        begun: list[int] = []
        text, needle, length = self.text, f" {word}", len(word) + 1
        at = text.find(needle)
        while at >= 0:
            (whole if text[at + length] in " \n" else begun).append(at)
            at = text.find(needle, at + length)
        return self._lines(whole), self._lines(begun)

    def _lines(self, at: list[int]) -> NDArray[np.int64]:
        return np.unique(np.searchsorted(self._start, at, side="right") - 1)


@dataclass(frozen=True, slots=True)
class Matches:
    """Items that a text speaks of, ascending by position, and how clearly, above 0 to 1."""

    position: NDArray[np.int32]
    strength: NDArray[np.float32]


def matches(catalog: Catalog, text: str) -> Matches:
    """Return the items that a text speaks of by title, people, genres or tags.

    A word counts by how seldom it is; one that no item has says nothing, nor does one like "the"
    that a fifth of all titles has. The strength falls with
    the square of the share of the words that an item has.
    """
    kept = catalog.memory("matches")
    # By a hash: what somebody typed is not kept beyond their profile.
    key = short_hash(text.encode(errors="replace"), 16)
    found = kept.get(key)
    if found is None:
        if len(kept) >= TEXT_COUNT_MAX:
            kept.clear()
        found = kept[key] = _matches(catalog, words_of(text))
    assert isinstance(found, Matches)
    return found


def _matches(catalog: Catalog, words: list[str]) -> Matches:
    count = len(catalog)
    total, most = np.zeros(count), 0.0
    titles = _haystack(catalog, "title").text
    for word in dict.fromkeys(words):
        if titles.count(f" {word} ") > max(COMMON_COUNT_MIN, COMMON_SHARE * count):
            continue
        grade = _grade(catalog, word)
        having = np.count_nonzero(grade)
        if having:
            weight = float(np.log1p(count / having))
            most += weight
            total += weight * grade
    strength = (total / most) ** 2 if most else total
    position = np.flatnonzero(strength >= STRENGTH_MIN)
    if len(position) > ITEM_COUNT_MAX:
        best = np.argsort(-strength[position], kind="stable")[:ITEM_COUNT_MAX]
        position = np.sort(position[best])
    return Matches(position.astype(np.int32), strength[position].astype(np.float32))


def with_all(
    catalog: Catalog, words: Sequence[str], names: Sequence[str] = tuple(COUNTS)
) -> NDArray[np.int64]:
    """Return the items that have each word, or one that begins with it, where ``names`` say:
    genre, tag, person, title.
    """
    having = np.ones(len(catalog), bool)
    for word in words:
        having &= _grade(catalog, word, names, begun_length_min=1) > 0
    return np.flatnonzero(having) if words else np.empty(0, np.int64)


def popular_with_all(catalog: Catalog, words: Sequence[str], ranking: Ranking) -> Positions:
    """Return the items among the popular ones whose title and people have each word, or one that
    begins with it. ``ranking`` gives the popular ones; it is asked once and kept.
    """
    kept = catalog.memory("popular_words")
    if not kept:
        position = ranking()
        items = [catalog.items[at] for at in position.tolist()]
        names = ["\n".join((item.title, *item.people)) for item in items]
        kept["all"] = (position, Haystack(names))
    position, haystack = kept["all"]
    having = np.ones(len(position), bool)
    for word in words:
        having &= np.isin(np.arange(len(position)), np.concatenate(haystack.having(word)))
    found: Positions = position[having]
    return found


def _grade(
    catalog: Catalog,
    word: str,
    names: Sequence[str] = tuple(COUNTS),
    begun_length_min: int = BEGUN_LENGTH_MIN,
) -> NDArray[np.float64]:
    """Return for each item what one word counts, 0 where it has none like it."""
    grade = np.zeros(len(catalog))
    facets = {"genre": catalog.genre, "tag": catalog.tag, "person": catalog.person}
    for name in names:
        facet, value = facets.get(name), COUNTS[name]
        whole, begun = _haystack(catalog, name).having(word)
        if len(word) >= begun_length_min:
            _raise(grade, _holders(facet, begun), value * BEGUN)
        _raise(grade, _holders(facet, whole), value)
    return grade


def _raise(grade: NDArray[np.float64], position: NDArray[np.int64], value: float) -> None:
    grade[position] = np.maximum(grade[position], value)


def _holders(facet: Ragged | None, names: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the items that have one of these names; titles are their items' own."""
    if facet is None or not len(names):
        return names
    return np.concatenate([facet.having(code) for code in names.tolist()]).astype(np.int64)


def prepare(catalog: Catalog, before: Catalog) -> None:
    """Make what searches need of a snapshot, where they needed it of the one before."""
    for name in before.memory("haystack"):
        _haystack(catalog, name)


def _haystack(catalog: Catalog, name: str) -> Haystack:
    kept = catalog.memory("haystack")
    if name not in kept:
        facets = {"genre": catalog.genre, "tag": catalog.tag, "person": catalog.person}
        names = [i.title for i in catalog.items] if name == "title" else facets[name].names
        kept[name] = Haystack(names)
    found = kept[name]
    assert isinstance(found, Haystack)
    return found


class Vocabulary:
    """Words with how often each stands in the catalogue, and which are alike."""

    def __init__(self, counts: Counter[str]) -> None:
        self._words = sorted(counts)
        self._count = [counts[word] for word in self._words]
        # Letters by their code modulo 32, counted: two words one slip apart differ in two counts.
        self._bag = np.zeros((len(self._words), 32), np.int16)
        length = np.array([len(word) for word in self._words], np.int64)
        codes = np.frombuffer("".join(self._words).encode("utf-32-le"), np.uint32)
        np.add.at(self._bag, (np.repeat(np.arange(len(length)), length), codes % 32), 1)
        self._length = length

    def nearest(self, word: str, slips_max: int) -> str:
        """Return the word that differs in the fewest letters, the commonest of those; empty
        where none is near.
        """
        own = np.bincount([ord(letter) % 32 for letter in word] or [0], minlength=32)
        apart = np.abs(self._bag - own.astype(np.int16)).sum(axis=1)
        near = (apart <= 2 * slips_max) & (np.abs(self._length - len(word)) <= slips_max)
        found = [
            (slips, -self._count[at], self._words[at])
            for at in np.flatnonzero(near).tolist()
            if (slips := slips_between(word, self._words[at])) <= slips_max
        ]
        return min(found)[2] if found else ""


def nearest_words(catalog: Catalog, words: Sequence[str]) -> list[str]:
    """Return the words with each that the catalogue's titles and people do not have, nor begin
    with, replaced by the nearest that they have.
    """
    kept = catalog.memory("vocabulary")
    haystacks = [_haystack(catalog, name) for name in ("title", "person")]
    if not kept:
        kept["words"] = Vocabulary(Counter(" ".join(h.text for h in haystacks).split()))
    vocabulary: Vocabulary = kept["words"]

    def meant(word: str) -> str:
        slips = (len(word) >= ONE_SLIP) + (len(word) >= TWO_SLIPS)
        if not slips or any(f" {word}" in haystack.text for haystack in haystacks):
            return word
        return vocabulary.nearest(word, slips) or word

    return [meant(word) for word in words]


def slips_between(one: str, other: str) -> int:
    """Return the least letters put in, left out, changed or swapped with the next."""
    two: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        last, row = row, [at]
        for to, against in enumerate(other, 1):
            cost = min(last[to] + 1, row[to - 1] + 1, last[to - 1] + (letter != against))
            if at > 1 and to > 1 and letter == other[to - 2] and one[at - 2] == against:
                cost = min(cost, two[to - 2] + 1)
            row.append(cost)
        two = last
    return row[-1]
