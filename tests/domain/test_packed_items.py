"""Goal: a packed catalogue says the same as the one it was made of, whatever its items are."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pasand.domain import catalog as catalogs
from pasand.domain.catalog import COLUMNS, FACETS, Artwork, Catalog, Item, Ragged
from pasand.domain.names import Codes, Names, codes_of, places, texts_of
from pasand.domain.packed_items import arrays_of, catalog_of
from pasand.domain.records import item_record

texts = st.text(max_size=6)
words = st.lists(st.sampled_from(["Ä", "b", "", "long " * 9]), unique=True).map(tuple)
lists_of_names = st.lists(texts, unique=True, max_size=30)


@given(lists_of_names, lists_of_names)
def test_packed_names_find_their_places(names: list[str], others: list[str]) -> None:
    packed = Names.of(names)
    assert list(packed) == names and [packed[code] for code in range(len(names))] == names
    assert packed[1:3] == names[1:3] and len(packed) == len(names)
    plain = {name: code for code, name in enumerate(names)}
    for name in [*names, *others]:
        assert packed.find(name) == plain.get(name, -1) and (name in packed) == (name in plain)
    wanted = [plain.get(name, -1) for name in others]
    codes = codes_of(packed)
    assert places(others, codes).tolist() == wanted
    assert places(Names.of(others), codes).tolist() == wanted
    again = np.array([*range(len(names))][::-1], np.int64)
    assert texts_of(packed, again) == texts_of(names, again) == names[::-1]
    assert dict(codes) == plain and codes.get("not there", 7) == 7


def test_packed_names_are_a_sequence_and_a_mapping() -> None:
    packed = Names.of(["a", "b"])
    assert packed[-1] == "b" and 3 not in packed
    with pytest.raises(IndexError):
        packed[2]
    with pytest.raises(KeyError):
        Codes(packed)["c"]


def test_two_names_of_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pasand.domain.names._hash", lambda name: len(name))
    packed = Names.of(["one", "two", "three"])
    assert [packed.find(name) for name in ("one", "two", "three", "six")] == [0, 1, 2, -1]


@st.composite
def drawn_items(draw: st.DrawFn) -> list[Item]:
    return [
        Item(
            item_id=f"i{number}",
            title=draw(texts),
            type=draw(st.sampled_from(("film", "episode"))),
            genres=draw(words),
            tags=draw(words),
            people=draw(words),
            regions=draw(words),
            released_ms=draw(st.none() | st.integers(1, 10**13)),
            runtime_minutes=draw(st.none() | st.integers(1, 300).map(float)),
            stock=draw(st.none() | st.integers(0, 9)),
            artworks=tuple(
                Artwork(artwork_id=f"i{number}.{n}", facts={"components": ["x"]})
                for n in range(draw(st.integers(0, 2)))
            ),
            extra=draw(st.dictionaries(texts, st.integers(0, 9), max_size=2)),
        )
        for number in range(draw(st.integers(0, 6)))
    ]


@given(drawn_items(), st.sampled_from((0, 10_000)))
@settings(max_examples=60)
def test_a_packed_catalogue_is_the_same_catalogue(rows: list[Item], plain: int) -> None:
    whole = Catalog(rows, 7)
    arrays = arrays_of(msgspec.msgpack.encode(item_record(row)) for row in rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogs, "PLAIN_COUNT_MAX", plain)
        packed = catalog_of(arrays, 7)
    assert len(packed) == len(rows) and packed.version == 7
    assert list(packed.items) == rows and packed.items[-1:] == rows[-1:]
    assert list(packed.item_ids) == list(whole.item_ids)
    for name in COLUMNS:
        assert getattr(packed, name).dtype == getattr(whole, name).dtype
        np.testing.assert_array_equal(getattr(packed, name), getattr(whole, name))
    for name in FACETS:
        same(getattr(packed, name), getattr(whole, name))
    ids = ["nowhere", *whole.item_ids]
    assert packed.positions(ids).tolist() == whole.positions(ids).tolist()
    assert [packed.facts(name) for name in ids] == [whole.facts(name) for name in ids]


def same(packed: Ragged, whole: Ragged) -> None:
    assert list(packed.names) == list(whole.names) and dict(packed.code) == dict(whole.code)
    for part in ("start", "value", "count", "root", "holder", "code_start", "size"):
        np.testing.assert_array_equal(getattr(packed, part), getattr(whole, part))
