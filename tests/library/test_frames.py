"""Frames in, frames out: every kind of table says the same, and what is wrong is named."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas
import polars
import pytest
from taken import FRAMES, START_S, ArrowTable, lists, named, taken

from pasand import CovisitRecommender, EaseRecommender, PopularRecommender
from pasand.errors import InvalidInput, MissingExtra
from pasand.library.frames import as_frame, make_frame, values_of
from pasand.library.reading import moments, read_interactions

ROW = {"member_id": ["a"], "item_id": ["x"], "at": [START_S]}


def given(**changed: Any) -> Any:
    return read_interactions({**ROW, **changed})


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize("text", [False, True])
def test_every_kind_of_frame_says_the_same(kind: str, text: bool) -> None:
    columns = named(taken()) if text else taken()
    expected = EaseRecommender(ridge=5.0).fit(columns).recommend(k=4)
    frame = FRAMES[kind](columns)
    found = EaseRecommender(ridge=5.0).fit(frame).recommend(k=4)
    assert type(found) is type(frame)
    assert lists(found) == lists(expected)
    assert list(lists(found)) == ["member_id", "item_id", "rank", "score"]
    assert isinstance(lists(found)["item_id"][0], str if text else int)


def test_a_table_of_arrow_is_read() -> None:
    columns = named(taken())
    found = read_interactions(ArrowTable(columns))
    assert found.frame_kind == "pyarrow"
    assert found.interactions.item.tolist() == read_interactions(columns).interactions.item.tolist()


def test_a_kind_that_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"Install pyarrow, or load the model with frames"):
        make_frame("pyarrow", {"rank": np.asarray([1])})


def test_a_subclass_of_a_data_frame_is_one() -> None:
    class Own(pandas.DataFrame):
        pass

    assert as_frame(Own(ROW)).kind == "pandas"


@pytest.mark.parametrize(
    "names",
    [
        ("userId", "movieId", "timestamp"),
        ("user_id", "item", "time"),
        ("customer_id", "sku", "Created-At"),
        ("Member ID", "PRODUCT_ID", "date"),
        ("session_id", "video_id", "ts"),
    ],
)
def test_columns_go_by_many_names(names: tuple[str, str, str]) -> None:
    frame = dict(zip(names, taken().values(), strict=True))
    found = PopularRecommender().fit(frame).recommend(k=2)
    assert lists(found) == lists(PopularRecommender().fit(taken()).recommend(k=2))


def test_a_missing_column_is_named_with_those_that_are_there() -> None:
    with pytest.raises(InvalidInput, match=r"no column item_id among member_id, film, at") as found:
        read_interactions({"member_id": [1], "film": [2], "at": [3]})
    assert found.value.field == "item_id"
    assert "movie" in found.value.fix


def test_two_columns_that_could_be_the_member_are_refused_unless_one_is_named() -> None:
    rows = {"user_id": ["u"], "customer_id": ["c"], "item_id": ["x"], "at": [1]}
    with pytest.raises(InvalidInput, match="user_id and customer_id could both be member_id"):
        read_interactions(rows)
    assert read_interactions({**rows, "member_id": ["m"]}).member.names == ("m",)
    # A session is a member only where there is no member.
    beside = {**rows, "session_id": ["s"]}
    del beside["customer_id"]
    assert read_interactions(beside).member.names == ("u",)


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ([None], "empty in 1 rows, first in row 0"),
        ([""], "empty"),
        ([float("nan")], "empty"),
        ([1.5], "fractions"),
        ([True], "bool"),
        ([b"x"], "bytes"),
        ([2**63], "63 bits"),
    ],
)
def test_ids_that_are_none_are_refused(column: list[Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        given(item_id=column)


def test_numbers_and_text_do_not_mix() -> None:
    with pytest.raises(InvalidInput, match="text and whole"):
        read_interactions({"member_id": [1, "1"], "item_id": ["x", "y"], "at": [1, 2]})
    model = PopularRecommender().fit(taken())
    with pytest.raises(InvalidInput, match="knows ids that are numbers, these are text"):
        model.recommend(["100"])
    with pytest.raises(InvalidInput, match="these are text"):
        model.recommend(histories=named(taken()))


def test_whole_numbers_written_as_fractions_are_whole() -> None:
    # pandas turns a column of ids into floats as soon as one is missing anywhere.
    assert given(member_id=np.asarray([7.0])).member.names == ("7",)
    assert given(member_id=pandas.Series([7], dtype="Int64")).member.names == ("7",)


NOON = datetime(2025, 6, 15, 12, 0, tzinfo=UTC)
NOON_MS = 1_749_988_800_000


@pytest.mark.parametrize(
    "column",
    [
        [NOON],
        [NOON.replace(tzinfo=None)],
        ["2025-06-15T12:00:00Z"],
        ["2025-06-15 14:00:00+02:00"],
        [NOON_MS],
        [NOON_MS // 1000],
        [NOON_MS / 1000],
        np.asarray(["2025-06-15T12:00"], "datetime64[ns]"),
        pandas.Series(pandas.to_datetime(["2025-06-15T12:00Z"])).dt.tz_convert("Asia/Kolkata"),
        polars.Series([NOON]),
        polars.Series(["2025-06-15T12:00:00Z"]),
    ],
)
def test_times_are_written_in_many_ways(column: Any) -> None:
    assert given(at=column).interactions.at_ms.tolist() == [NOON_MS]


def test_times_with_a_zone_are_read_as_one_array() -> None:
    zoned = pandas.Series(pandas.to_datetime(["2025-06-15T12:00Z"])).dt.tz_convert("Asia/Tokyo")
    assert values_of(zoned).dtype.kind == "M"
    assert moments(values_of(zoned), "at").tolist() == [NOON_MS]


def test_a_date_is_its_midnight() -> None:
    assert moments(np.asarray([date(2025, 6, 15)], object), "at").tolist() == [NOON_MS - 43_200_000]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ([None], "empty"),
        ([float("nan")], "empty"),
        (np.asarray(["NaT"], "datetime64[s]"), "empty"),
        (["yesterday"], "not a time"),
        ([NOON_MS * 1000], "micro- or nanoseconds"),
    ],
)
def test_times_that_are_none_are_refused(column: Any, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        given(at=column)


def test_rows_are_put_in_order_of_time_and_ties_keep_theirs() -> None:
    found = read_interactions(
        {"member_id": ["a"] * 4, "item_id": ["z", "c", "b", "a"], "at": [9, 5, 5, 1]}
    )
    names = found.interactions.item_ids
    assert [names[code] for code in found.interactions.item] == ["a", "c", "b", "z"]


def test_weights_count_and_those_of_nothing_are_left_out() -> None:
    rows = {"member_id": ["a", "b", "c"], "item_id": ["x", "y", "x"], "at": [1, 2, 3]}
    found = read_interactions({**rows, "weight": [1, 0, 2.5]})
    assert found.interactions.weight.tolist() == [1.0, 2.5]
    assert found.item.names == ("x",)
    with pytest.raises(InvalidInput, match="below 0"):
        read_interactions({**rows, "weight": [1, -1, 1]})
    with pytest.raises(InvalidInput, match="not a number"):
        read_interactions({**rows, "weight": ["much", "1", "1"]})


def test_optional_columns_become_small_codes() -> None:
    found = read_interactions(
        {
            "member_id": ["a"] * 4,
            "item_id": ["x", "y", "z", "w"],
            "at": [1, 2, 3, 4],
            "rating": [5, 0.5, None, 3],
            "event_type": ["Play", "purchase", "sneeze", None],
            "device": ["tv", "PHONE", None, "fridge"],
        }
    ).interactions.feature
    assert found["rating"].tolist() == [10, 1, 0, 6]
    assert found["action"].tolist() == [1, 8, 0, 0]
    assert found["device"].tolist() == [4, 1, 0, 0]


def test_what_is_no_frame_is_refused() -> None:
    with pytest.raises(InvalidInput, match="A list is not a frame"):
        read_interactions([1, 2, 3])
    with pytest.raises(InvalidInput, match=r"frame\.collect"):
        read_interactions(polars.LazyFrame(ROW))
    with pytest.raises(InvalidInput, match="no interactions"):
        read_interactions({"member_id": [], "item_id": [], "at": []})


def test_answers_are_of_the_kind_that_was_asked_with() -> None:
    model = CovisitRecommender().fit(pandas.DataFrame(taken()))
    pairs = polars.DataFrame({"member_id": [100], "item_id": [1]})
    assert isinstance(model.predict(pairs), polars.DataFrame)
    later = polars.DataFrame({"user": [100], "movie": [2], "at": [START_S * 2]})
    assert isinstance(model.recommend(histories=later), polars.DataFrame)
    assert isinstance(model.recommend([100]), pandas.DataFrame)
