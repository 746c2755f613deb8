"""Files of a user's own: every row comes out, good or set aside, whatever is in the file."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from pasand.adapters.table_files import RawRow, read_event_rows, read_rows
from pasand.domain.parse import parse_event, parse_item, parse_member, unknown_fields
from pasand.errors import InvalidInput, NotFound

EXAMPLES = Path(__file__).parents[2] / "examples"
NOW_MS = 1_800_000_000_000


def written(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    content = data.encode() if isinstance(data, str) else data
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def values_of(path: Path) -> list[dict[str, Any] | None]:
    return [row.values for row in read_rows(path)]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "A.CSV"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_of_any_separator(tmp_path: Path, name: str, mark: str, end: str) -> None:
    rows = [["\ufeffitem_id", "title", "genres"], ["1", f'"A{mark} B"', "x|y"], ["2", "C", ""]]
    path = written(tmp_path, name, end.join(mark.join(row) for row in rows))
    assert values_of(path) == [
        {"item_id": "1", "title": f"A{mark} B", "genres": "x|y"},
        {"item_id": "2", "title": "C"},
    ]


def test_a_quoted_field_holds_newlines_and_quotes(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", 'item_id,title\n1,"a\n\nb ""c"""\n2,5" disc\u2028x\n')
    rows = list(read_rows(path))
    assert [row.values for row in rows] == [
        {"item_id": "1", "title": 'a\n\nb "c"'},
        {"item_id": "2", "title": '5" disc\u2028x'},
    ]
    assert [row.number for row in rows] == [2, 5]
    assert rows[0].text == '1,"a\n\nb ""c"""'


def test_bad_csv_rows_are_set_aside_with_their_text(tmp_path: Path) -> None:
    lines = [b"item_id,title", b"1,one", b"2", b"3,a,b", b"4,\xff", b"5,\0", b"", b'6,"x"y', b"7,z"]
    rows = list(read_rows(written(tmp_path, "a.csv", b"\n".join(lines))))
    assert [(row.number, row.text) for row in rows if row.problem] == [
        (3, "2"),
        (4, "3,a,b"),
        (5, "4,\\xff"),
        (6, "5,\0"),
        (8, '6,"x"y'),
    ]
    assert [row.values["item_id"] for row in rows if row.values] == ["1", "7"]


@pytest.mark.parametrize("after", [2, 500])
def test_a_quote_never_closed_costs_its_own_line_only(tmp_path: Path, after: int) -> None:
    lines = ["item_id,title", '1,"open', *(f"{n},t" for n in range(2, 2 + after))]
    rows = list(read_rows(written(tmp_path, "a.csv", "\n".join(lines))))
    assert [row.text for row in rows if row.problem] == ['1,"open']
    assert len([row for row in rows if row.values]) == after


def test_two_stray_quotes_do_not_swallow_what_lies_between(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", 'item_id,title\n1,"a\n2,b\n3,c\n4,"d\n5,e\n')
    rows = list(read_rows(path))
    assert [row.text for row in rows] == ['1,"a', "2,b", "3,c", '4,"d', "5,e"]
    assert [bool(row.problem) for row in rows] == [True, False, False, True, False]


@pytest.mark.parametrize("data", [b"a,a\n1,2\n", b"\xff\xfea\n", b'a,"b\n'])
def test_a_bad_header_stops_before_any_row(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InvalidInput, match="header"):
        list(read_rows(written(tmp_path, "a.csv", data)))


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.csv.gz"])
def test_an_empty_file_has_no_rows(tmp_path: Path, name: str) -> None:
    assert values_of(written(tmp_path, name, "")) == []
    assert values_of(written(tmp_path, name, "\n\n")) == []


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.json.gz", "a.jsonl.gz"])
def test_json_lines(tmp_path: Path, name: str) -> None:
    lines = [
        b'\xef\xbb\xbf{"user_id": 7, "x": [1]}',
        b"",
        b"{",
        b"[1]",
        b'{"a": "\xff"}',
        b'{"a": NaN}',
    ]
    rows = list(read_rows(written(tmp_path, name, b"\r\n".join(lines))))
    assert rows[0] == RawRow(1, '{"user_id": 7, "x": [1]}', {"member_id": "7", "x": [1]})
    assert [row.number for row in rows if row.problem] == [3, 4, 5, 6]
    assert rows[3].text == '{"a": "\\xff"}'


def test_a_damaged_archive_gives_what_lies_before_the_damage(tmp_path: Path) -> None:
    path = written(tmp_path, "a.jsonl.gz", "".join(f'{{"n": {n}}}\n' for n in range(5000)))
    path.write_bytes(path.read_bytes()[:-900])
    *good, last = read_rows(path)
    assert good and all(row.values for row in good)
    assert "damaged" in last.problem


def test_parquet(tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "a.parquet"
    query = """SELECT 5 AS user_id, 'i1' AS item, TIMESTAMP '2024-01-02 03:04:05' AS timestamp,
        TIMESTAMPTZ '1971-01-01 00:00:00+00' AS seen, DATE '1999-12-31' AS day,
        1.50::DECIMAL(5, 2) AS price, ['a', 'b'] AS tags, 'nan'::DOUBLE AS hole, NULL AS nothing
        UNION ALL SELECT 6, 'i2', NULL, NULL, NULL, NULL, NULL, 2.5, NULL"""
    with duckdb.connect(":memory:", config={"autoload_known_extensions": False}) as connection:
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    first, second = read_rows(path)
    assert first.values == {
        "member_id": "5",
        "item_id": "i1",
        "occurred_at": "2024-01-02T03:04:05+00:00",
        "seen": "1971-01-01T00:00:00Z",
        "day": "1999-12-31",
        "price": 1.5,
        "tags": ["a", "b"],
    }
    assert second.values == {"member_id": "6", "item_id": "i2", "hole": 2.5}
    assert first.text.startswith('{"user_id":5,"item":"i1"')
    with pytest.raises(InvalidInput, match="Parquet"):
        list(read_rows(written(tmp_path, "b.parquet", "no")))


def test_unknown_formats_and_missing_files_are_refused_at_once(tmp_path: Path) -> None:
    for name in ("a.xlsx", "a", "a.parquet.gz"):
        with pytest.raises(InvalidInput, match="format"):
            read_rows(tmp_path / name)
    with pytest.raises(NotFound):
        read_rows(tmp_path / "a.csv")


def test_columns_of_known_data_sets_get_our_names(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "user_id:token,item_id:token,timestamp:float\n1,2,3.5\n")
    assert values_of(path) == [{"member_id": "1", "item_id": "2", "occurred_at": "3.5"}]
    path = written(tmp_path, "b.csv", "member_id,user,movieId\n1,2,3\n")
    assert values_of(path) == [{"member_id": "1", "user": "2", "item_id": "3"}]


def test_a_rating_column_makes_a_rating(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "userId,movieId,rating,timestamp\n1,2,3.5,1000000000\n")
    (row,) = read_event_rows(path)
    event = parse_event(row.values or {}, now_ms=NOW_MS, time_required=True)
    assert (event.kind, event.member_id, event.item_id) == ("rating", "1", "2")
    assert event.payload == {"value": 3.5}
    assert event.occurred_ms == 1_000_000_000_000


def test_equal_rows_count_both_and_the_same_file_again_counts_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "user,item,kind\n1,2,view\n1,3,view\n1,2,view\n")
    ids = [(row.values or {})["event_id"] for row in read_event_rows(path)]
    assert len(set(ids)) == 3
    moved = written(tmp_path, "b.csv", "kind,item,user\nview,2,1\nview,2,1\nview,3,1\n")
    assert {(row.values or {})["event_id"] for row in read_event_rows(moved)} == set(ids)


def test_the_examples_import_without_a_bad_row() -> None:
    items = [*read_rows(EXAMPLES / "items.csv"), *read_rows(EXAMPLES / "items.jsonl")]
    known = {parse_item(row.values or {}).item_id for row in items}
    members = {parse_member(r.values or {}).member_id for r in read_rows(EXAMPLES / "members.csv")}
    for name, count in (("events.csv", 50), ("events.jsonl", 10)):
        rows = list(read_event_rows(EXAMPLES / name))
        found = [parse_event(r.values or {}, now_ms=NOW_MS, time_required=True) for r in rows]
        assert len({event.event_id for event in found}) == count
        assert {event.member_id for event in found} <= members
        assert {event.item_id for event in found} <= known | {""}
    assert unknown_fields(items[-1].values or {}, "item") == [
        "warehouse is not a known field; kept in extra."
    ]
