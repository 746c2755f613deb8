"""Goal: a server that is killed under load, again and again, loses and doubles nothing."""

from __future__ import annotations

from pathlib import Path

from pasand.adapters.sqlite_database import Database
from pasand.bench import kills
from pasand.bench.kills import Told, kill_again_and_again


def test_ten_kills_under_load_lose_and_double_nothing(tmp_path: Path) -> None:
    told = kill_again_and_again(tmp_path, 10, 2)
    assert told.reported == []
    assert (told.rounds, told.lost, told.duplicated, told.refused) == (10, 0, 0, 0)
    assert len(told.acked) > 100 and told.resent > 0 and told.profiles > 0
    # The comparison can fail: what was told of is looked for, as it was sent.
    database = Database(tmp_path / "home" / "store.db")
    gone, other = list(told.acked)[:2]
    for sql in (
        f"DELETE FROM event WHERE event_id = '{gone}'",
        f"UPDATE event SET kind = 'purchase' WHERE event_id = '{other}'",
        "UPDATE profile SET offset = 1 WHERE member_id = (SELECT max(member_id) FROM profile)",
        "UPDATE item SET body = NULL",
        "UPDATE member SET body = NULL WHERE number = 1",
    ):
        database.write(lambda connection, sql=sql: connection.execute(sql) and None)  # type: ignore[misc]
    database.close()
    compared = Told(acked=told.acked, versions=told.versions, members=told.members)
    kills._compare(tmp_path / "home", compared)
    assert compared.lost == 2 + len(told.versions) + 1
    assert compared.duplicated >= 1
