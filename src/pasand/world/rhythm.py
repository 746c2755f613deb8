"""When members visit: moments drawn from their daily rhythms, in their own time zones."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from pasand.domain.zones import zone
from pasand.world.members import WorldMember

__all__ = ["DAY_MS", "Moment", "moments_of"]

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class Moment(NamedTuple):
    """One intended visit: when (UTC), at which local hour, on which device, by whom."""

    at_ms: int
    member: int
    device: str
    hour: int


def moments_of(
    member: WorldMember, from_ms: int, until_ms: int, rate: float, rng: np.random.Generator
) -> list[Moment]:
    """Return the visits that ``member`` intends in a span, ``rate`` times their usual activity."""
    day_count = (until_ms - from_ms) / DAY_MS
    # Half again as many are drawn, because working days keep only a share of them.
    count = int(rng.poisson(member.visits_per_day * rate * day_count * 1.5))
    shares = np.array([rhythm.share for rhythm in member.rhythms])
    moments = []
    for which in rng.choice(len(shares), count, p=shares / shares.sum()):
        rhythm = member.rhythms[int(which)]
        hour = int(np.searchsorted(np.cumsum(rhythm.hours), rng.random() * 0.999999))
        day_ms = from_ms // DAY_MS * DAY_MS + DAY_MS * int(rng.integers(0, int(day_count) + 2))
        local_ms = day_ms + hour * HOUR_MS + int(rng.integers(HOUR_MS))
        at_ms = local_ms - _offset_ms(member.member.time_zone, local_ms // DAY_MS)
        is_weekend = (local_ms // DAY_MS + 3) % 7 >= 5
        wish = rhythm.weekend if is_weekend else 1.0
        if from_ms <= at_ms < until_ms and rng.random() * 2.0 < wish * 1.2:
            moments.append(Moment(at_ms, member.index, rhythm.device, hour))
    return sorted(moments)


@lru_cache(maxsize=8192)
def _offset_ms(zone_name: str, day: int) -> int:
    """Return how far a zone's wall clock is ahead of UTC on a day (at its noon)."""
    noon = datetime.fromtimestamp((day * DAY_MS + DAY_MS // 2) / 1000, UTC)
    offset = noon.astimezone(zone(zone_name)).utcoffset()
    return 0 if offset is None else int(offset.total_seconds() * 1000)
