"""What is read of each owner's form: rows, columns, sessions, hashes, and what is left out."""

from __future__ import annotations

import gzip
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from owners import SETS, invented, sessions, write_set

from pasand.adapters.interaction_files import read_data
from pasand.domain.interactions import ACTIONS, FEATURES
from pasand.errors import InvalidInput
from pasand.evaluation.data import EvaluationData

VISITS = [number for number, _ in sessions()]


def taken(data: EvaluationData) -> list[tuple[str, str]]:
    own = data.interactions
    pairs = zip(own.member.tolist(), own.item.tolist(), strict=True)
    return [(own.member_ids[member], own.item_ids[item]) for member, item in pairs]


@pytest.mark.parametrize("name", SETS)
def test_rows_are_aligned_and_files_are_hashed(name: str, tmp_path: Path) -> None:
    data = read_data(write_set(name, tmp_path))
    assert data.name == tmp_path.name
    assert data.interactions.feature.keys() <= set(FEATURES)
    for column in data.interactions.feature.values():
        assert len(column) == len(data) and column.min() >= 0
    assert (np.diff(data.interactions.at_ms) >= 0).all()
    for file, digest in data.hashes.items():
        assert digest == sha256((tmp_path / file).read_bytes()).hexdigest()
    assert data.hashes


def test_movielens(tmp_path: Path) -> None:
    data = read_data(write_set("ml-1m", tmp_path))
    assert taken(data) == [(f"u{m}", str(i)) for m, i, _ in invented()]
    assert data.interactions.at_ms.tolist() == [at_s * 1000 for *_, at_s in invented()]
    assert data.interactions.feature["rating"].tolist() == [
        2 + 2 * (i % 5) for _, i, _ in invented()
    ]
    assert data.genres["3"] == ("Drama", "Comedy") and data.exact is None


def test_reconstructed_times_say_which_are_exact(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "ratings_reconstructed.csv.gz", "wt") as file:
        file.write("userId,movieId,rating,timestamp,ts_quality\n")
        file.write("1,7,5,30,1\n1,8,3,10,0\n2,7,4,20,2\n2,9,1,40,0\n")
    (tmp_path / "movies.dat").write_text("7::Seven (1995)::Crime\n")
    data = read_data(tmp_path)
    assert data.exact is not None and data.exact.tolist() == [True, False, False, True]
    assert data.notes == ("50.0% of the times are exact; hours are shown of these alone.",)


def test_globo_has_sessions_devices_and_states(tmp_path: Path) -> None:
    data = read_data(write_set("globo-clicks", tmp_path))
    assert taken(data) == [(str(m), str(i)) for m, i, _ in invented()]
    assert data.session is not None
    assert np.unique(data.session, return_inverse=True)[1].tolist() == [v - 1 for v in VISITS]
    feature = data.interactions.feature
    assert feature["device"].tolist() == [3 if m % 2 else 1 for m, _, _ in invented()]
    # The owner's region 28 is none.
    assert feature["region"].tolist() == [m if m < 12 else 0 for m, _, _ in invented()]


def test_yoochoose_keeps_its_own_test_sessions(tmp_path: Path) -> None:
    data = read_data(write_set("yoochoose-100k", tmp_path))
    assert data.held_out is not None and data.session is not None
    assert 0 < data.held_out.sum() < len(data) / 2
    assert data.interactions.at_ms.tolist() == [at_s * 1000 + 250 for *_, at_s in invented()]
    assert len(set(data.session[data.held_out]) & set(data.session[~data.held_out])) == 0
    assert len(np.unique(data.session)) == max(VISITS)


def test_yoochoose_as_its_owner_ships_it(tmp_path: Path) -> None:
    (tmp_path / "yoochoose-clicks.dat").write_text(
        "1,2014-04-07T10:51:09.277Z,214536502,0\n1,2014-04-07T10:54:09.868Z,214536500,S\n"
    )
    data = read_data(tmp_path)
    assert taken(data) == [("1", "214536502"), ("1", "214536500")]
    assert data.interactions.at_ms.tolist() == [1396867869277, 1396868049868]
    assert data.held_out is None


def test_beauty_has_an_order_and_no_times(tmp_path: Path) -> None:
    data = read_data(write_set("amazon-beauty", tmp_path))
    own = data.interactions
    assert not own.timed and data.notes
    for member in range(12):
        mine = own.member == member
        assert own.at_ms[mine].tolist() == list(range(mine.sum()))
        first = dict.fromkeys(i for m, i, _ in invented() if m == member + 1)
        assert [own.item_ids[code] for code in own.item[mine]] == [str(item) for item in first]


def test_a_line_that_is_no_sequence_is_named(tmp_path: Path) -> None:
    write_set("amazon-beauty", tmp_path)
    with (tmp_path / "Beauty.txt").open("a") as file:
        file.write("13 one two\n")
    with pytest.raises(InvalidInput, match=r"Beauty\.txt, line 13"):
        read_data(tmp_path)


def test_online_retail_leaves_out_what_is_no_purchase(tmp_path: Path) -> None:
    data = read_data(write_set("online-retail", tmp_path))
    assert sorted(taken(data)) == sorted((str(m), f"1000{i}A") for m, i, _ in invented())
    assert set(data.interactions.feature["action"]) == {ACTIONS.index("purchase")}


def test_trivago_tells_views_from_clickouts(tmp_path: Path) -> None:
    data = read_data(write_set("trivago-100k", tmp_path))
    assert taken(data) == [(f"U{m}", str(i)) for m, i, _ in invented()]
    out, view = ACTIONS.index("cart"), ACTIONS.index("view")
    expected = [view if i % 4 else out for _, i, _ in invented()]
    assert data.interactions.feature["action"].tolist() == expected
    assert set(data.interactions.feature["device"]) == {1}


def test_frappe_has_categories_and_no_times(tmp_path: Path) -> None:
    data = read_data(write_set("frappe", tmp_path))
    assert not data.interactions.timed
    assert data.genres == {"1": ("Tools",)}
    assert set(data.interactions.feature["region"]) == {0, 1}


def test_a_strangers_table_of_events(tmp_path: Path) -> None:
    table = tmp_path / "events.csv"
    table.write_text(
        "kind,member_id,item_id,occurred_at,session_id,device,value\n"
        "rating,a,x,2026-01-02T10:00:00Z,1,tv,4.5\n"
        "play_start,b,y,2026-01-01T10:00:00Z,1,phone,\n"
        "search,b,,2026-01-01T10:00:00Z,1,phone,\n"
        "view,b,x,2026-01-03T10:00:00Z,2,phone,\n"
    )
    data = read_data(table)
    assert taken(data) == [("b", "y"), ("a", "x"), ("b", "x")]
    feature = data.interactions.feature
    assert [ACTIONS[code] for code in feature["action"]] == ["play", "rating", "view"]
    assert feature["rating"].tolist() == [0, 9, 0]
    assert feature["device"].tolist() == [1, 4, 1]
    assert data.session is not None and len(np.unique(data.session)) == 3
    assert data.interactions.weight.tolist() == pytest.approx([1.0, 1.0, 0.2])


def test_a_folder_of_something_else_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no data set that is known"):
        read_data(tmp_path)
    with pytest.raises(InvalidInput, match="nothing at"):
        read_data(tmp_path / "missing")
