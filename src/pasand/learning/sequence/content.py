"""Item content as vectors: what its words say of an item, for items that nobody has taken yet.

Words are genres, tags, people, the decade, the age limit, the language, and those of title and
synopsis; each counts by how rare it is and less in kinds that have many. The matrix of items and
words is brought to a few columns by a random projection with power iterations (Halko, Martinsson
and Tropp 2011), in which items that share rare words stand close. Columns keep their order and
sign under one seed. What is asked of the matrix are products with it, from sorted pairs, so that
it is never written out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Catalog, Item

__all__ = ["content_of", "item_words", "project_words", "words_of_items"]

_WORD = re.compile(r"[^\W\d_]{3,}")
#: What a word counts by its kind: a synopsis has many, and each says little.
_KIND_WEIGHT = {"genre": 1.0, "tag": 0.8, "person": 0.8, "text": 0.3, "plain": 0.6}


@dataclass(frozen=True, slots=True)
class Words:
    """Pairs of an item and a word it has, by item; ``weight`` is what the word counts there."""

    item: NDArray[np.int64]
    word: NDArray[np.int64]
    weight: NDArray[np.float32]
    item_count: int
    word_count: int


def content_of(
    catalog: Catalog, item_ids: Sequence[str], width: int, seed: int = 1
) -> NDArray[np.float32]:
    """Return a row of ``width`` numbers for each item id, zeros for one the catalogue lacks."""
    known = catalog.positions(item_ids)
    words = [item_words(catalog.items[at]) if at >= 0 else () for at in known.tolist()]
    return project_words(words_of_items(words), width, seed)


def item_words(item: Item) -> list[tuple[str, str]]:
    """Return (kind, word) of everything that is said of an item, each once."""
    found = [("genre", name) for name in item.genres]
    found += [("tag", name) for name in item.tags]
    found += [("person", name) for name in item.people]
    found += [("text", word) for word in _WORD.findall(f"{item.title} {item.synopsis}".lower())]
    found += [("plain", f"age {item.maturity}"), ("plain", f"type {item.type}")]
    if item.language:
        found.append(("plain", f"language {item.language}"))
    if item.year:
        # Neighbouring years share one of their two words.
        found += [("plain", f"year {item.year // 5}"), ("plain", f"year + {(item.year + 2) // 5}")]
    return list(dict.fromkeys(found))


def words_of_items(words: Sequence[Iterable[tuple[str, str]]]) -> Words:
    """Return words as pairs, without those of one item alone and those of nearly all."""
    code: dict[tuple[str, str], int] = {}
    pairs = [
        (at, code.setdefault(word, len(code)), _KIND_WEIGHT.get(word[0], 0.5))
        for at, of_item in enumerate(words)
        for word in of_item
    ]
    if not pairs:
        empty = np.empty(0, np.int64)
        return Words(empty, empty, np.empty(0, np.float32), len(words), 0)
    item, word, kind_weight = (np.asarray(column) for column in zip(*pairs, strict=True))
    held = np.bincount(word, minlength=len(code))
    rare = np.log((1.0 + len(words)) / np.maximum(held, 1))
    kept = (held[word] > 1) & (rare[word] > 0.05)
    weight = (kind_weight * rare[word])[kept].astype(np.float32)
    item, word = item[kept], word[kept]
    norm = np.sqrt(np.bincount(item, weight.astype(np.float64) ** 2, minlength=len(words)))
    weight /= np.maximum(norm[item], 1e-9).astype(np.float32)
    return Words(item, word, weight, len(words), len(code))


def project_words(words: Words, width: int, seed: int = 1) -> NDArray[np.float32]:
    """Return [items, width]: the leading directions of the matrix, one more where it has fewer."""
    rng = np.random.default_rng(seed)
    wide = min(width + 16, max(words.item_count, 1), max(words.word_count, 1))
    if not len(words.item):
        return np.zeros((words.item_count, width), np.float32)
    by_word = np.argsort(words.word, kind="stable")
    basis = rng.standard_normal((words.word_count, wide)).astype(np.float32)
    for _ in range(3):
        items, _ = np.linalg.qr(
            _summed(words.item, words.word, words.weight, basis, words.item_count)
        )
        basis = _summed(
            words.word[by_word], words.item[by_word], words.weight[by_word], items, words.word_count
        )
    left, size, _ = np.linalg.svd(basis.T, full_matrices=False)
    found = (items @ left) * size
    # The sign of a direction is chance; one that is mostly positive is the same every time.
    found *= np.where(found.sum(axis=0) < 0, -1.0, 1.0)
    rows = np.zeros((words.item_count, width), np.float32)
    rows[:, : min(width, found.shape[1])] = found[:, :width]
    norm = np.linalg.norm(rows, axis=1, keepdims=True)
    rows /= np.where(norm > 1e-6, norm, 1.0)
    return rows


def _summed(
    row: NDArray[np.int64],
    column: NDArray[np.int64],
    weight: NDArray[np.float32],
    dense: NDArray[np.float32],
    row_count: int,
) -> NDArray[np.float32]:
    """Return the sparse matrix of sorted pairs times a dense one, a slab of rows at a time."""
    total = np.zeros((row_count, dense.shape[1]), np.float32)
    slab = max(1, 4_000_000 // dense.shape[1])
    for low in range(0, len(row), slab):
        part = slice(low, low + slab)
        start = np.flatnonzero(np.r_[True, np.diff(row[part]) > 0])
        sums = np.add.reduceat(dense[column[part]] * weight[part, None], start)
        # A row may go on in the next slab, so sums are added.
        total[row[part][start]] += sums
    return total
