"""Both logs give an interaction the same action, rating and device."""

from __future__ import annotations

from pathlib import Path

from pasand.adapters.memory import MemoryStore
from pasand.adapters.sqlite_database import Database
from pasand.adapters.sqlite_log import SqliteEventLog
from pasand.domain.interactions import ACTIONS
from pasand.testing import samples

EVENTS = [
    samples.event("e1", "play_start", occurred_ms=1, device="tv", payload={"value": 3}),
    samples.event("e2", "rating", occurred_ms=2, device="phone", payload={"value": 4.5}),
    samples.event("e3", "rating", occurred_ms=3, payload={"value": None}),
    samples.event("e4", "purchase", occurred_ms=4, device="desktop", extra={"note": "x" * 2_000}),
    samples.event("e5", "cart_add", occurred_ms=5, device="other"),
    samples.event("e6", "rating", occurred_ms=6, payload={"value": 99}),
]
WEIGHTS = dict.fromkeys(("play_start", "rating", "purchase", "cart_add"), 1.0)


def test_an_event_tells_action_rating_and_device(tmp_path: Path) -> None:
    memory = MemoryStore()
    memory.append(EVENTS)
    database = Database(tmp_path / "store.db")
    log = SqliteEventLog(database, "default")
    log.append(EVENTS)
    found = [log.interactions(WEIGHTS), memory.interactions(WEIGHTS)]
    database.close()
    for interactions in found:
        feature = interactions.feature
        actions = [ACTIONS[code] for code in feature["action"]]
        assert actions == ["play", "rating", "rating", "purchase", "cart", "rating"]
        assert feature["rating"].tolist() == [0, 9, 0, 0, 0, 10]
        assert feature["device"].tolist() == [4, 1, 0, 3, 5, 0]
