"""Goal: the catalogue's columns say the same as its items, whatever the items are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pasand.domain.catalog import FAR_FUTURE_MS, Artwork, Catalog, Item, Ragged, facts_of
from pasand.domain.member import Member
from pasand.domain.records import item_from_record, item_record, member_from_record, member_record
from pasand.testing import samples

words = st.lists(st.sampled_from("abcdef"), unique=True, max_size=4).map(tuple)
lists_of_words = st.lists(words, max_size=8)
counts = st.integers(0, 3).map(range)
moments = st.none() | st.integers(1, 10**13)


@given(lists_of_words)
def test_ragged_reads_back_and_finds_holders(lists: list[tuple[str, ...]]) -> None:
    ragged = Ragged(lists)
    assert ragged.count.tolist() == [len(names) for names in lists]
    for at, names in enumerate(lists):
        assert tuple(ragged.names[code] for code in ragged.of(at)) == names
    for name, code in ragged.code.items():
        holders = [at for at, names in enumerate(lists) if name in names]
        assert ragged.having(code).tolist() == holders


@given(lists_of_words, st.data())
def test_ragged_weighs_and_gathers_among_some(
    lists: list[tuple[str, ...]], data: st.DataObject
) -> None:
    ragged = Ragged(lists)
    weights = data.draw(st.dictionaries(st.sampled_from("abcxyz"), st.integers(-3, 3)))
    wanted = [sum(weights.get(name, 0) for name in names) for names in lists]
    assert ragged.weigh(weights).tolist() == wanted
    some = data.draw(st.lists(st.sampled_from(range(len(lists))), unique=True)) if lists else []
    inside = ragged.among(np.array(some, np.int32))
    assert len(inside) == len(ragged.names)
    for code, index in enumerate(inside):
        holders = [at for at, place in enumerate(some) if ragged.names[code] in lists[place]]
        assert sorted(index.tolist()) == holders


@st.composite
def drawn_items(draw: st.DrawFn) -> list[Item]:
    return [
        Item(
            item_id=f"i{number}",
            title=draw(st.text(max_size=4)),
            type=draw(st.sampled_from(("film", "series", "episode", "product"))),
            genres=draw(words),
            tags=draw(words),
            people=draw(words),
            regions=draw(words),
            maturity=draw(st.integers(0, 21)),
            year=draw(st.none() | st.integers(1890, 2030)),
            available_from_ms=draw(moments),
            available_until_ms=draw(moments),
            released_ms=draw(moments),
            runtime_minutes=draw(st.none() | st.integers(1, 300).map(float)),
            stock=draw(st.none() | st.integers(0, 9)),
            artworks=tuple(Artwork(artwork_id=f"i{number}.{n}") for n in draw(counts)),
            extra=draw(st.dictionaries(st.text(max_size=3), st.integers(0, 9), max_size=2)),
        )
        for number in range(draw(st.integers(0, 6)))
    ]


@given(drawn_items())
@settings(max_examples=50)
def test_columns_say_what_the_items_say(rows: list[Item]) -> None:
    catalog = Catalog(rows, version=7)
    assert len(catalog) == len(rows) and catalog.version == 7
    for at, row in enumerate(rows):
        assert catalog.find(row.item_id) == at
        assert catalog.maturity[at] == row.maturity
        assert catalog.available_from_ms[at] == (row.available_from_ms or 0)
        until = FAR_FUTURE_MS if row.available_until_ms is None else row.available_until_ms
        assert catalog.available_until_ms[at] == until
        assert catalog.released_ms[at] == (row.released_ms or row.available_from_ms or 0)
        assert catalog.stock[at] == (-1 if row.stock is None else row.stock)
        assert catalog.offerable[at] == (row.type != "episode")
        assert catalog.series[at] == (row.type == "series")
        assert np.isnan(catalog.year[at]) if row.year is None else catalog.year[at] == row.year
        assert np.isnan(catalog.runtime_minutes[at]) == (row.runtime_minutes is None)
        assert catalog.artwork_count[at] == len(row.artworks)
        assert catalog.facts(row.item_id) == facts_of(row)
    ids = ["nowhere", *catalog.item_ids]
    assert catalog.positions(ids).tolist() == [-1, *range(len(rows))]
    assert catalog.find("nowhere") == -1 and catalog.facts("nowhere") is None


@given(drawn_items())
@settings(max_examples=50)
def test_a_record_reads_back_equal(rows: list[Item]) -> None:
    for row in rows:
        assert item_from_record(item_record(row)) == row


@pytest.mark.parametrize(
    "member",
    (
        Member(member_id="m1"),
        Member(member_id="m2", name="Zoë", kids=True, maturity_ceiling=0, personalised=False),
        Member(member_id="m3", account_id="a", country="IN", time_zone="Asia/Kolkata"),
    ),
)
def test_a_members_record_reads_back_equal(member: Member) -> None:
    assert member_from_record(member_record(member)) == member


def test_two_artworks_of_one_id_in_two_items_keep_their_own_places() -> None:
    pair = [samples.item(name, artworks=(Artwork(artwork_id="same"),)) for name in ("i1", "i2")]
    catalog = Catalog(pair)
    assert catalog.artwork_count.tolist() == [1, 1] and len(catalog.artwork.value) == 2
