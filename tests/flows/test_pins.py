"""Goal: a PIN is four digits that nobody can read, guess quickly, or wait out by restarting."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from conftest import Running
from pasand.errors import InvalidInput
from pasand.flows.pins import PinKeeper, PinWait, PinWrong, _name

NOW = 1_780_000_000_000


@pytest.fixture
def site(fresh: Callable[..., Running]) -> Running:
    return fresh(fill=False)


@pytest.fixture
def pins(site: Running) -> PinKeeper:
    keeper = PinKeeper(site.home.engine.stores.ledger)
    keeper.set("a1", "4071")
    return keeper


def wrong(pins: PinKeeper, now_ms: int) -> int:
    """Try a wrong PIN; return the seconds to wait before the next try."""
    try:
        pins.check("a1", "0000", now_ms)
    except PinWait as wait:
        return wait.wait_s
    except PinWrong:
        return 0
    raise AssertionError("a wrong PIN was taken")


def test_the_right_pin_opens_and_others_do_not(pins: PinKeeper) -> None:
    pins.check("a1", "4071", NOW)
    for guess in ("4072", "", "4071 ", "٤٠٧١", "40711", "x" * 10_000):
        with pytest.raises((PinWrong, PinWait)):
            pins.check("a1", guess, NOW)


def test_a_household_without_a_pin_is_open(pins: PinKeeper) -> None:
    pins.check("a2", "", NOW)
    assert pins.is_set("a1") and not pins.is_set("a2")
    pins.set("a1", "")
    pins.check("a1", "anything", NOW)
    assert not pins.is_set("a1")


@pytest.mark.parametrize("pin", ("123", "12345", "abcd", "12 4", "٤٠٧١", "1234\n"))
def test_only_four_digits_are_a_pin(pins: PinKeeper, pin: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        pins.set("a1", pin)
    assert pin not in str(refused.value)
    pins.check("a1", "4071", NOW)


def test_waits_grow_and_the_right_pin_ends_them(pins: PinKeeper) -> None:
    now, waits = NOW, []
    for _ in range(14):
        waits.append(wrong(pins, now))
        now += 1000 * waits[-1]
    assert waits == [0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]
    with pytest.raises(PinWait):
        pins.check("a1", "4071", now - 1)
    pins.check("a1", "4071", now)
    assert [wrong(pins, now) for _ in range(4)] == [0, 0, 0, 0]


def test_a_wait_outlives_a_restart_and_is_not_counted_while_it_lasts(
    site: Running, pins: PinKeeper
) -> None:
    for _ in range(5):
        wrong(pins, NOW)
    again = PinKeeper(site.home.engine.stores.ledger)
    for later in (1, 10_000, 29_000):
        with pytest.raises(PinWait):
            again.check("a1", "4071", NOW + later)
    again.check("a1", "4071", NOW + 30_000)


def test_a_clock_set_back_locks_nobody_out(pins: PinKeeper) -> None:
    for _ in range(5):
        wrong(pins, NOW)
    pins.check("a1", "4071", NOW - 86_400_000)


def test_two_households_with_one_pin_store_nothing_alike(site: Running, pins: PinKeeper) -> None:
    pins.set("a2", "4071")
    notes = [site.home.engine.stores.ledger.note(_name(household)) for household in ("a1", "a2")]
    one, other = (msgspec.json.decode(note) for note in notes)
    assert one["salt"] != other["salt"] and one["digest"] != other["digest"]
    assert len(bytes.fromhex(one["salt"])) == 16 and len(bytes.fromhex(one["digest"])) == 64
