"""The chance that a member resumes a title now: when it was left, where, and what fits the hour.

Source of the parts: a title is resumed soon or hardly ever, so the chance falls by a power of the
days since; what was left in its first minutes was only looked at, what was left in its credits is
done; who watched at this hour of another day does so again. The parts are multiplied, so each
may speak against a title. The numbers are estimates of ours, not learned ones, and what comes out
orders titles; it is no calibrated probability.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Begun", "Moment", "chance_of_resuming"]

Floats = NDArray[np.float64]

#: The chance halves after so many days, and goes on falling more slowly.
HALF_DAYS = 3.0
#: Shares of a title: up to the first it was sampled, from the second on only credits are left.
SAMPLED, CREDITS = 0.06, 0.92
#: How much the hour of the day matters, from 0 (not at all) to 1.
HOUR_WEIGHT = 0.35
#: What is left of a long film is put off on a small screen and in a short visit.
ROOM_MINUTES = {"phone": 35.0, "tablet": 80.0, "desktop": 90.0, "tv": 150.0, "other": 90.0}


@dataclass(frozen=True, slots=True)
class Begun:
    """Titles begun, one entry each: seconds since they were left, share watched, length in
    minutes (nan where unknown), whether an episode is left rather than a film, hour it was left.
    """

    since_s: Floats
    share: Floats
    minutes: Floats
    episodic: NDArray[np.bool_]
    hour: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Moment:
    """Now: local hour, device class, and how long the member usually stays (None: unknown)."""

    hour: int
    device: str
    visit_minutes: float | None = None


def chance_of_resuming(begun: Begun, now: Moment) -> Floats:
    """Return the chance from 0 to 1 that each title is resumed in this visit."""
    days = np.maximum(begun.since_s, 0.0) / 86_400.0
    recent = 1.0 / (1.0 + days / HALF_DAYS)
    share = np.clip(begun.share, 0.0, 1.0)
    begun_well = np.minimum(share / SAMPLED, 1.0)
    # A series goes on with the next episode; a film in its credits is over.
    over = np.clip((share - CREDITS) / (1.0 - CREDITS), 0.0, 1.0) * np.where(begun.episodic, 0, 0.8)
    depth = (0.35 + 0.65 * begun_well) * (1.0 - over)
    apart = np.cos(2.0 * np.pi * (begun.hour - now.hour) / 24.0)
    hour = 1.0 - HOUR_WEIGHT * (1.0 - apart) / 2.0
    room = ROOM_MINUTES.get(now.device, ROOM_MINUTES["other"])
    if now.visit_minutes is not None:
        room = min(room, max(now.visit_minutes, 15.0))
    left = np.where(begun.episodic, begun.minutes, begun.minutes * (1.0 - share))
    fits = np.sqrt(np.minimum(room / np.maximum(np.nan_to_num(left, nan=room), 1.0), 1.0))
    return np.asarray(recent * depth * hour * fits, np.float64)
