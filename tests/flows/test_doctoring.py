"""Goal: each trouble of a home becomes one finding of the right gravity that says how to fix it."""

from __future__ import annotations

from typing import Any

import pytest

from pasand.flows.doctoring import Health, judge

SOUND: dict[str, Any] = {
    "path": "home",
    "sync_ms": [0.5] * 50,
    "sqlite": ("3.53.0", True),
    "schema": (1, 1),
    "now_ms": 2_000_000,
    "newest_ms": 1_000_000,
    "free_bytes": 10**11,
    "store_bytes": 10**9,
    "modes": {"home": 0o700, "store.db": 0o644, "pasand.toml": 0o644, "lock": 0o600},
    "snapshot": "abc",
    "owner": {},
    "trouble": {},
}


def states(**changes: Any) -> dict[str, str]:
    return {found.name: found.state for found in judge(Health(**{**SOUND, **changes}))}


def test_a_sound_home_is_ok() -> None:
    assert set(states().values()) == {"ok"} and len(states()) == 12


@pytest.mark.parametrize(
    ("name", "state", "changes"),
    [
        ("fsync", "warn", {"sync_ms": [0.5] * 49 + [60.0]}),
        ("fsync", "warn", {"sync_ms": [0.001] * 50}),
        ("fsync", "bad", {"sync_ms": [2000.0] * 50}),
        ("fsync", "bad", {"sync_ms": [], "trouble": {"fsync": "failed"}}),
        ("sqlite", "bad", {"sqlite": ("3.40.0", False)}),
        ("schema", "warn", {"schema": (1, 2)}),
        ("schema", "bad", {"schema": (3, 2)}),
        ("schema", "bad", {"trouble": {"store": "damaged"}}),
        ("clock", "bad", {"newest_ms": 2_000_000 + 400_000}),
        ("disk", "bad", {"free_bytes": 10**6}),
        ("disk", "warn", {"free_bytes": 10**9}),
        ("permissions", "bad", {"writable": False}),
        ("permissions", "bad", {"modes": {"home": 0o777}}),
        ("permissions", "bad", {"modes": {"home": 0o700, "lock": 0o644}}),
        ("permissions", "bad", {"modes": {"home": 0o700, "snapshot.key": 0o640}}),
        ("permissions", "warn", {"modes": {"home": 0o755}}),
        ("settings", "bad", {"trouble": {"settings": "prot is not a setting"}}),
        ("snapshot", "bad", {"trouble": {"snapshot": "damaged"}}),
        ("snapshot", "warn", {"snapshot": ""}),
        ("owner", "warn", {"owner": {"pid": 7}}),
        ("deadletters", "warn", {"rejected_count": 3}),
        ("segments", "bad", {"segments": (3, ["abc.parquet"])}),
        ("erasures", "warn", {"erasures_open": 1}),
    ],
)
def test_each_trouble_is_found_alone(name: str, state: str, changes: dict[str, Any]) -> None:
    found = {f.name: f for f in judge(Health(**{**SOUND, **changes}))}
    assert found[name].state == state and found[name].fix and found[name].why
    assert [other for other in found.values() if other.state != "ok"] == [found[name]]
