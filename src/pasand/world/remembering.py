"""What members remember, rebuilt from the log: so that a simulation goes on where a past ended."""

from __future__ import annotations

from collections.abc import Iterable

from pasand.domain.events import Event
from pasand.world.behaviour import ABANDONED_EXPOSURE, Memory
from pasand.world.truth import World

__all__ = ["remember"]


def remember(world: World, events: Iterable[Event]) -> list[Memory]:
    """Return a memory for each of the world's members after ``events``, in order of time.

    Moods and failed visits are not kept: everybody comes with a fresh mind to try again.
    """
    memories = [Memory.blank(len(world.titles)) for _ in world.members]
    at = {member.member.member_id: member.index for member in world.members}
    for event in events:
        index, item = at.get(event.member_id), world.truth.position.get(event.item_id)
        if index is not None and item is not None:
            _recall(memories[index], event, item)
    return memories


def _recall(memory: Memory, event: Event, item: int) -> None:
    kind = event.kind
    if kind == "impression":
        memory.exposure[item] += 1.0
    elif kind in ("play_stop", "complete"):
        memory.last_played = item
        memory.exposure[item] = 0.0
        memory.finished[item] |= kind == "complete"
        memory.position_s[item] = int(event.number("position_s")) if kind == "play_stop" else 0
        memory.listed.discard(item)
    elif kind == "abandon":
        memory.position_s[item] = 0
        memory.exposure[item] = ABANDONED_EXPOSURE
    elif kind == "thumb":
        memory.thumbed.add(item)
    elif kind == "list_add":
        memory.listed.add(item)
    elif kind == "list_remove":
        memory.listed.discard(item)
