"""Goal: Globo's click log comes out as its owner shipped it: whole, in place and time, no more."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
from typer.testing import CliRunner

from pasand.adapters.globo import Globo, is_globo, read_globo
from pasand.adapters.globo_codes import device_class, place
from pasand.adapters.globo_files import CLICK_COLUMNS
from pasand.bootstrap import open_home
from pasand.cli.app import app
from pasand.domain.catalog import Item
from pasand.domain.events import Event
from pasand.domain.intake import SetAside
from pasand.domain.member import Member
from pasand.errors import InvalidInput, NotFound

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "globo-clicks"

#: The owner's hourly files have two columns more than we read.
HEADER = (
    "user_id,session_id,session_start,session_size,click_article_id,click_timestamp,"
    "click_environment,click_deviceGroup,click_os,click_country,click_region,click_referrer_type"
)
AT = 1_506_826_804_207  # 1 October 2017, 03:00 UTC


def click(user: int, article: int, at: int, group: int = 3, country: int = 1, region: int = 25,
          session: int = 1_506_826_793_323_891) -> str:  # fmt: skip
    return f"{user},{session},{AT - 9},2,{article},{at},4,{group},2,{country},{region},7"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three readers and a few clicks in the owner's format, invented."""
    hours = tmp_path / "news" / "clicks"
    hours.mkdir(parents=True)
    first = [HEADER, click(0, 10, AT), click(0, 11, AT + 30_000, group=1), click(1, 10, AT, 4)]
    late = [HEADER, click(0, 12, AT + 3_600_000, region=1), click(2, 10, AT, 2, 11, 28)]
    (hours / "clicks_hour_000.csv").write_text("\n".join(first) + "\n")
    (hours / "clicks_hour_001.csv").write_text("\n".join([*late, "x,1,2"]) + "\n")
    metadata = "article_id,category_id,created_at_ts,publisher_id,words_count\n"
    rows = "10,5,1506700000000,0,168\n99,6,1506600000000,0,20\nbad,6,1,0,1\n"
    (tmp_path / "news" / "articles_metadata.csv").write_text(metadata + rows)
    return tmp_path / "news"


def test_articles_come_with_what_is_known_of_them(folder: Path) -> None:
    found = list(read_globo(folder).items())
    assert [entry.number for entry in found if isinstance(entry, SetAside)] == [4]
    items = {entry.item_id: entry for entry in found if isinstance(entry, Item)}
    assert list(items) == ["10", "99", "11", "12"]
    known = items["10"]
    assert (known.title, known.type, known.genres) == ("Article 10", "article", ("Category 5",))
    assert known.released_ms == 1_506_700_000_000
    assert known.extra == {"publisher_id": 0, "words_count": 168}
    assert (items["11"].genres, items["11"].released_ms) == ((), None)


def test_readers_stand_where_most_of_their_clicks_came_from(folder: Path) -> None:
    assert list(read_globo(folder).members()) == [
        Member(member_id="u0", country="BR", time_zone="America/Sao_Paulo"),
        Member(member_id="u1", country="BR", time_zone="America/Sao_Paulo"),
        Member(member_id="u2", country="", time_zone="UTC"),
    ]


def test_a_click_is_a_view_with_its_whole_context(folder: Path) -> None:
    found = list(read_globo(folder).events())
    events = [entry for entry in found if isinstance(entry, Event)]
    (aside,) = (entry for entry in found if isinstance(entry, SetAside))
    assert (aside.number, aside.text, aside.file) == (4, "x,1,2", "clicks_hour_001.csv")
    assert len(events) == 5 and len({event.event_id for event in events}) == 5
    first = events[0]
    assert first == Event(
        event_id=f"globo.0.10.{AT}", kind="view", occurred_ms=AT, member_id="u0", item_id="10",
        device="phone", session_id="1506826793323891", country="BR",
        time_zone="America/Sao_Paulo", payload={"region": "BR-SP"},
        extra={"click_environment": 4, "click_os": 2, "click_referrer_type": 7},
    )  # fmt: skip
    assert [event.device for event in events] == ["phone", "desktop", "tablet", "phone", "other"]
    assert (events[3].payload, events[3].time_zone) == ({"region": "BR-AC"}, "America/Rio_Branco")
    abroad = events[4]
    assert (abroad.country, abroad.time_zone, dict(abroad.payload)) == ("", "", {})
    assert abroad.extra["click_country"] == 11 and abroad.extra["click_deviceGroup"] == 2
    assert read_globo(folder).last_ms == AT + 3_600_000


def test_every_state_has_a_time_zone_and_the_unknown_keep_their_code() -> None:
    for region in range(1, 28):
        there = place(1, region)
        assert there.region.startswith("BR-") and ZoneInfo(there.time_zone)
    assert len({place(1, region).region for region in range(1, 28)}) == 27
    assert place(1, 28) == ("BR", "", "America/Sao_Paulo")
    assert place(10, 28) == ("", "", "")
    assert [device_class(group) for group in (1, 2, 3, 4, 5)] == [
        "desktop", "other", "phone", "tablet", "other"
    ]  # fmt: skip


def parquet(folder: Path, rows: list[list[int | None]], kind: str = "BIGINT") -> Globo:
    folder.mkdir(exist_ok=True)
    columns = ", ".join(f'"{name}" {kind}' for name in CLICK_COLUMNS)
    marks = ", ".join("?" * len(CLICK_COLUMNS))
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE click ({columns})")
        connection.executemany(f"INSERT INTO click VALUES ({marks})", rows)
        connection.execute(f"COPY click TO '{folder / 'clicks.parquet'}' (FORMAT parquet)")
    return read_globo(folder)


def test_one_parquet_file_is_read_too(tmp_path: Path) -> None:
    rows: list[list[int | None]] = [[7, 1, 10, AT, 4, 1, 17, 1, 21, 2] for _ in range(3)]
    rows[1][2], rows[2][0] = None, -7
    found = parquet(tmp_path / "news", rows)
    kept = [entry for entry in found.events() if isinstance(entry, Event)]
    aside = [entry for entry in found.events() if isinstance(entry, SetAside)]
    assert [event.payload["region"] for event in kept] == ["BR-RJ"]
    assert [(entry.number, entry.reason) for entry in aside] == [
        (2, "a value is missing"), (3, "a number is out of range"),
    ]  # fmt: skip


def test_folders_that_are_something_else_are_refused(tmp_path: Path) -> None:
    assert not is_globo(tmp_path)
    with pytest.raises(NotFound):
        read_globo(tmp_path / "none")
    with pytest.raises(InvalidInput, match=r"clicks\.parquet"):
        read_globo(tmp_path)
    with pytest.raises(InvalidInput, match="whole numbers"):
        list(parquet(tmp_path / "text", [[1] * 10], "VARCHAR").events())
    (tmp_path / "clicks_sample.csv").write_text("user_id,item\n1,2\n")
    with pytest.raises(InvalidInput, match="session_id"):
        list(read_globo(tmp_path).events())


def test_imported_clicks_are_in_the_profiles(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert CliRunner().invoke(app, ["init", "--home", str(home)]).exit_code == 0
    arguments = ["import", "globo", str(folder), "--home", str(home), "--json"]
    first = CliRunner().invoke(app, arguments)
    assert first.exit_code == 0, first.output
    report = json.loads(first.stdout)
    counts = {figure["name"]: figure["value"] for figure in report["figures"]}
    assert (counts["imported_items"], counts["imported_members"]) == (4, 3)
    assert counts["imported_events"] == 5 and counts["import_rows_per_s"] > 0
    assert "rows/s" in first.stderr
    again = json.loads(CliRunner().invoke(app, arguments).stdout)["report"]
    assert (again["rows_kept"], again["rows_duplicate"]) == (0, 12)
    opened = open_home(home)
    try:
        _, profile = opened.engine.profiles.get("u0")
    finally:
        opened.close()
    # Midnight and a moment past it in São Paulo; an hour on, in Acre, late on the day before.
    assert profile.hours["phone"][0] == 1 and profile.hours["desktop"][0] == 1
    assert profile.hours["phone"][23] == 1
    assert sum(profile.hours["phone"]) == 2 and sum(profile.hours["desktop"]) == 1
    assert [entry.item_id for entry in profile.recent] == ["10", "11", "12"]
    assert profile.places == {"BR-SP": 2, "BR-AC": 1}


def test_the_real_log_begins_as_it_should() -> None:
    if not DATA.is_dir():
        pytest.skip("Globo's clicks are not in ../shared/data")
    found = [entry for entry in islice(read_globo(DATA).events(), 20_000)]
    assert all(isinstance(entry, Event) for entry in found)
    events = [entry for entry in found if isinstance(entry, Event)]
    assert len({event.event_id for event in events}) == 20_000
    assert {event.device for event in events} >= {"desktop", "phone", "tablet"}
    assert sum(event.country == "BR" for event in events) > 18_000
