"""MovieLens in each of its owner's formats, from small invented folders; the real one if there."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from pasand.adapters.movielens import (
    MovieLens,
    artworks_for,
    is_movielens,
    read_interactions,
    read_movielens,
)
from pasand.adapters.movielens_titles import split_title
from pasand.domain.catalog import Item
from pasand.domain.events import Event
from pasand.domain.intake import SetAside
from pasand.domain.member import Member
from pasand.domain.times import write_day
from pasand.errors import InvalidInput, NotFound

DATA = Path(__file__).parents[3] / "shared" / "data"


def write(folder: Path, **files: str | bytes) -> Path:
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name.replace("__", ".")).write_bytes(data)
    return folder


def items_of(folder: Path) -> dict[str, Item]:
    return {i.item_id: i for i in read_movielens(folder).items() if isinstance(i, Item)}


def aside(rows: object) -> list[tuple[int, str, str]]:
    return [(r.number, r.text, r.file) for r in rows if isinstance(r, SetAside)]  # type: ignore[attr-defined]


@pytest.fixture
def one_million(tmp_path: Path) -> Path:
    return write(
        tmp_path,
        movies__dat="1::Tale, The (1995)::Animation|Children's\r\n2::Kådis (1993)::Drama\n".encode(
            "latin-1"
        ),
        users__dat="1::F::1::10::48067\n2::M::56::16::70072\n",
        ratings__dat="1::2::5::978300760\n1::1::3::978300760\n3::1::4::978300700\n",
    )


def test_1m(one_million: Path) -> None:
    data = read_movielens(one_million)
    items = items_of(one_million)
    assert (items["1"].title, items["1"].year, items["1"].maturity) == ("The Tale", 1995, 18)
    assert items["1"].genres == ("Animation", "Children's")
    assert items["2"].title == "Kådis"
    assert list(data.members()) == [Member(member_id=f"u{user}") for user in (1, 2, 3)]
    events = list(data.events())
    assert events[0] == Event(
        event_id="ml.1.978300760.0001.2",
        kind="rating",
        occurred_ms=978_300_760_000,
        member_id="u1",
        item_id="2",
        payload={"value": 5.0},
    )
    assert len(events) == 3
    assert data.last_ms == 978_300_760_000


def test_interactions_are_in_stable_time_order(one_million: Path) -> None:
    found = read_interactions(one_million)
    pairs = zip(found.member, found.item, strict=True)
    said = [(found.member_ids[m], found.item_ids[i]) for m, i in pairs]
    assert said == [("u3", "1"), ("u1", "2"), ("u1", "1")]
    assert found.weight.tolist() == [1.0, 1.0, 1.0]
    assert np.all(np.diff(found.at_ms) >= 0)


def test_100k(tmp_path: Path) -> None:
    flags = "|".join(["0", "0", "1", *["0"] * 15, "1"])
    write(
        tmp_path,
        u__data="196\t1\t3\t881250949\n",
        u__item=f"1|Pòst, Il (1995)|01-Jan-1995||http://x|{flags}\n2|short\n".encode("latin-1"),
        u__user="196|49|M|writer|55105\n",
    )
    (item,) = items_of(tmp_path).values()
    assert (item.title, item.genres) == ("Il Pòst", ("Adventure", "Western"))
    assert write_day(item.released_ms or 0) == "1995-01-01"
    assert aside(read_movielens(tmp_path).items()) == [(2, "2|short", "u.item")]
    assert list(read_movielens(tmp_path).members()) == [Member(member_id="u196")]


def test_latest(tmp_path: Path) -> None:
    write(
        tmp_path,
        movies__csv="movieId,title,genres\r\n"
        '1,"Tale, A (2006–2007)",Drama\r\n2,OA,(no genres listed)\r\n',
        ratings__csv="userId,movieId,rating,timestamp\r\n1,1,0.5,964982703\r\n",
        tags__csv="userId,movieId,tag,timestamp\r\n1,1,b,1\r\n2,1,A,1\r\n3,1,a,1\r\n3,1,,1\r\n",
        links__csv="movieId,imdbId,tmdbId\r\n1,1,1\r\n",
    )
    items = items_of(tmp_path)
    assert (items["1"].title, items["1"].year, items["1"].tags) == ("A Tale", 2006, ("a", "b"))
    assert (items["2"].title, items["2"].year, items["2"].genres) == ("OA", None, ())
    assert aside(read_movielens(tmp_path).items()) == [(5, "3,1,,1", "tags.csv")]
    assert [row for row in read_movielens(tmp_path).event_rows()] == [
        ("ml.1.964982703.0001.1", "u1", "1", 0.5, 964_982_703_000)
    ]


def test_reconstructed_with_its_extras(tmp_path: Path) -> None:
    extra = "1::T::1995::{}::22 Nov 1925::X::Ann Lee::W::Bo Day, Ann Lee::{}::http://x\n"
    late = "2::U::1996::??::30 Feb 1996::X::N/A::W::N/A::N/A::http://x\n"
    packed = gzip.compress(b"userId,movieId,rating,timestamp,ts_quality\n1,1,5,978300760,1\n")
    write(
        tmp_path,
        movies__dat="1::T (1995)::Drama\n2::U (1996)::Drama\n",
        movies_extra__dat=extra.format("PG-13", "Plot.") + "2::U\n" + late,
        dbpedia_abstracts__json=json.dumps({"1": "Other.", "2": "Second."}),
    )
    (tmp_path / "ratings_reconstructed.csv.gz").write_bytes(packed)
    items = items_of(tmp_path)
    assert (items["1"].maturity, items["1"].people) == (13, ("Ann Lee", "Bo Day"))
    assert (items["1"].synopsis, items["2"].synopsis) == ("Plot.", "Second.")
    assert write_day(items["1"].released_ms or 0) == "1925-11-22"
    assert (items["2"].maturity, items["2"].people, items["2"].released_ms) == (18, (), None)
    assert aside(read_movielens(tmp_path).items()) == [(2, "2::U", "movies_extra.dat")]
    assert len(list(read_movielens(tmp_path).events())) == 1


def test_bad_ratings_are_set_aside_and_the_good_ones_kept(one_million: Path) -> None:
    good = "1::1::5::978300760"
    bad = [
        "x",
        "1::1::6::1",
        "1::1::5::1.5",
        "1.5::1::5::1",
        "-1::1::5::1",
        "1::\t::5::1",
        "1::1::5",
    ]
    bad += ["1::1::nan::1", "9" * 30 + "::1::5::1"]
    write(one_million, ratings__dat="\n".join([good, *bad, good]).encode() + b"\n1::1::\xff::1\n")
    data = read_movielens(one_million)
    said = aside(data.events())
    assert [text for _, text, _ in said] == [*bad, "1::1::\\xff::1"]
    assert [number for number, _, _ in said] == [*range(2, 11), 12]
    kept = [event.event_id for event in data.events() if isinstance(event, Event)]
    assert kept == ["ml.1.978300760.0001.1", "ml.1.978300760.0002.1"]


@pytest.mark.parametrize("line", ["1::1::5::1.5", "1::1::5.5::1", "1.5::1::5::1", "1::1::5::1::2"])
def test_one_bad_row_alone_is_noticed(one_million: Path, line: str) -> None:
    write(one_million, ratings__dat=line)
    data = read_movielens(one_million)
    assert (len(data.ratings), len(aside(data.events()))) == (0, 1)
    assert data.last_ms == 0


def test_folders_without_ratings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"ratings\.dat"):
        read_movielens(tmp_path)
    with pytest.raises(NotFound):
        read_movielens(tmp_path / "none")
    assert not is_movielens(tmp_path)
    write(tmp_path, ratings__csv="userId,movieId,rating,timestamp\n")
    assert is_movielens(tmp_path)
    assert len(read_interactions(tmp_path)) == 0
    with pytest.raises(InvalidInput, match="titles"):
        list(read_movielens(tmp_path).items())


def test_a_damaged_archive_is_said_to_be_damaged(tmp_path: Path) -> None:
    packed = gzip.compress(b"userId,movieId,rating,timestamp,ts_quality\n1,1,5,978300760,1\n")
    (tmp_path / "ratings_reconstructed.csv.gz").write_bytes(packed[:-9])
    with pytest.raises(InvalidInput, match="damaged"):
        read_interactions(tmp_path)


@pytest.mark.parametrize(
    ("written", "title", "year"),
    [
        ("American President, The (1995)", "The American President", 1995),
        ("Postino, Il (The Postman) (1994)", "Il Postino (The Postman)", 1994),
        (
            "Star Maker, The (Uomo delle stelle, L') (1995)",
            "The Star Maker (L'Uomo delle stelle)",
            1995,
        ),
        ("Associate, The (L'Associe)(1982)", "The Associate (L'Associe)", 1982),
        ("Horrible, Wonderful Life, The (1993) ", "The Horrible, Wonderful Life", 1993),
        ("(500) Days (2009)", "(500) Days", 2009),
        ("1984", "1984", None),
        ("(A)", "(A)", None),
    ],
)
def test_titles_are_put_right(written: str, title: str, year: int | None) -> None:
    assert split_title(written) == (title, year)


def test_pictures_are_named_by_id(tmp_path: Path) -> None:
    for name in ("1.jpg", "1.png", "2.WEBP", "3.txt", "a b.jpg"):
        (tmp_path / name).write_bytes(b"x")
    assert artworks_for(tmp_path) == {"1": tmp_path / "1.jpg", "2": tmp_path / "2.WEBP"}
    with pytest.raises(NotFound):
        artworks_for(tmp_path / "none")


@pytest.fixture(scope="module")
def real() -> MovieLens:
    folder = DATA / "ml-1m"
    if not folder.is_dir():
        pytest.skip("MovieLens-1M is not in ../shared/data")
    return read_movielens(folder)


def test_the_real_titles_all_come_out(real: MovieLens) -> None:
    items = list(real.items())
    assert len(items) == 3883
    assert all(isinstance(item, Item) and item.year for item in items)


def test_the_real_ratings_all_come_out(real: MovieLens) -> None:
    ids = {row[0] for row in real.event_rows()}
    assert len(ids) == 1_000_209
    assert not real.ratings.set_aside
    assert len(list(real.members())) == 6040
    found = read_interactions(real.folder)
    assert (len(found), len(found.item_ids)) == (1_000_209, 3706)


def test_the_real_small_set_comes_out() -> None:
    folder = DATA / "ml-latest-small"
    if not folder.is_dir():
        pytest.skip("MovieLens latest-small is not in ../shared/data")
    data = read_movielens(folder)
    assert len(list(data.items())) == 9742
    assert len(list(data.events())) == 100_836
