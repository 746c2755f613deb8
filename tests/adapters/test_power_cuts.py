"""Goal: what was acknowledged is there after a power cut at any moment, once and whole."""

from __future__ import annotations

import apsw
import pytest

from pasand.bench.powercuts import cut_power, measure_powercuts
from pasand.bench.store_lives import Lives, Store, Tally


def test_two_thousand_power_cuts_lose_nothing() -> None:
    tally = cut_power(2_000, 1, "FULL")
    assert tally.reported == []
    assert (tally.lost, tally.duplicated, tally.corrupt) == (0, 0, 0)
    assert tally.cuts == 2_000 and tally.acked > 20_000


def test_the_control_that_does_not_wait_for_the_disk_loses_but_stays_whole() -> None:
    tally = cut_power(100, 1, "NORMAL")
    assert tally.lost > 0
    assert tally.corrupt == 0


def test_a_seed_gives_the_same_cuts_again() -> None:
    first, second = (cut_power(20, 3, "NORMAL") for _ in range(2))
    assert first == second
    names = [figure.name for figure in measure_powercuts(10, 1, 10)[0]]
    assert names == [
        "powercut_acked", "powercut_lost", "powercut_duplicated", "powercut_corrupt",
        "powercut_control_lost",
    ]  # fmt: skip


def tampered(sql: str) -> Tally:
    """Return what the checks find after a store was changed behind its back."""
    tally = Tally()
    lives = Lives(1, tally)
    store = lives.open()
    assert isinstance(store, Store)
    for _ in range(6):
        lives.step(store)
    lives.check(store)
    assert tally.reported == []

    def change(connection: apsw.Connection) -> None:
        connection.execute(sql)
        assert connection.changes()

    store.database.write(change)
    lives.check(store)
    store.database.close()
    return tally


@pytest.mark.parametrize(
    ("sql", "field"),
    (
        ("DELETE FROM event WHERE offset = 3", "lost"),
        (
            "INSERT INTO event SELECT 9999, tenant, event_id, kind, occurred_ms, member_id,"
            " item_id, fingerprint, body, key FROM event WHERE offset = 3",
            "duplicated",
        ),
        ("UPDATE event SET member_id = 'other' WHERE offset = 3", "corrupt"),
        ("DELETE FROM item", "corrupt"),
        ("UPDATE profile SET offset = offset - 2 WHERE offset > 5", "duplicated"),
    ),
)
def test_the_checks_find_what_is_wrong(sql: str, field: str) -> None:
    tally = tampered(sql)
    assert getattr(tally, field) > 0 and tally.reported
