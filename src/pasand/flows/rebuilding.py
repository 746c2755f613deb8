"""Rebuilding: does every stored profile follow from the log, and from nothing else?

Each stored profile is compared, byte by byte, with a fold of the member's events up to the same
offset. Nothing is written here; the owner of the home folds profiles anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pasand.domain.fold import Facts, fold
from pasand.domain.profile import Profile
from pasand.domain.weights import STREAMING, Weights
from pasand.flows.merging import whole_history
from pasand.ports import EventLog, ProfileStore

__all__ = ["Compared", "compare_profiles", "folded"]


@dataclass(slots=True)
class Compared:
    """``unreadable``: stored by another version, which is no lie; they are folded again."""

    equal: int = 0
    unreadable: int = 0
    differing: list[str] = field(default_factory=list)


def compare_profiles(
    store: ProfileStore,
    log: EventLog,
    facts: Facts,
    progress: Callable[[int, int], None] | None = None,
    weights: Weights = STREAMING,
) -> Compared:
    """Compare what is stored with what the log says, under the weights in use.

    A profile of a member who has been a visitor and holds a changed item differs from the log
    and is not used as it is stored: it counts as unreadable.
    """
    found = Compared()
    member_ids = store.member_ids()
    for done, member_id in enumerate(member_ids, 1):
        stored = store.get(member_id)
        if stored is None or stored[1].weights not in ("", weights.version):
            found.unreadable += 1
        elif stored[1].encode() == folded(log, member_id, stored[0], facts, weights).encode():
            found.equal += 1
        elif stored[1].visitors:
            found.unreadable += 1
        else:
            found.differing.append(member_id)
        if progress is not None:
            progress(done, len(member_ids))
    return found


def folded(log: EventLog, member_id: str, offset: int, facts: Facts, weights: Weights) -> Profile:
    """Return the profile that a member's events up to an offset make."""
    events = whole_history(log, member_id, offset)
    return fold(Profile(member_id=member_id), events, facts, weights)
