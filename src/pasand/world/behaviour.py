"""What a member does on a page: what is seen, what is played and for how long, what is said of it.

Pure but for the member's own ``Memory``: same member, page, memory and generator give the same
visit. The member chooses at most one title a visit, by a softmax over the seen cells and leaving.
Nothing here makes events (``visit_events`` does) or knows who arranged the page.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pasand.domain.labels import finished
from pasand.world.members import WorldMember
from pasand.world.truth import Truth

__all__ = [
    "ABANDONED_EXPOSURE",
    "ATTENTION",
    "Cells",
    "Memory",
    "Play",
    "Visit",
    "attention",
    "attention_table",
    "play_logit",
    "visit",
]

#: The truth that a later estimate has to find: chance that the cell in row r, column c of a
#: device is seen by a member of median attention span: first * exp(-per_row * r - per_column * c).
ATTENTION = {
    "phone": (0.96, 0.45, 0.45),
    "tablet": (0.95, 0.50, 0.34),
    "desktop": (0.95, 0.48, 0.28),
    "tv": (0.97, 0.52, 0.27),
    "other": (0.95, 0.50, 0.34),
}

PICTURE_WEIGHT = 0.45
CONTINUE_BONUS = 1.6
FINISHED_COST = 3.5
IN_MIND_BONUS = 4.0
LEAVE_LOGIT = 3.6
#: An abandoned title is as stale as one passed over this often.
ABANDONED_EXPOSURE = 12.0
_SITTING_MINUTES = {"phone": 32.0, "tablet": 60.0, "desktop": 75.0, "tv": 120.0, "other": 60.0}


def attention(device: str, row: int, column: int) -> float:
    """Return the chance that a cell is seen; rows and columns count from 0."""
    first, per_row, per_column = ATTENTION.get(device, ATTENTION["other"])
    return float(first * np.exp(-per_row * row - per_column * column))


@lru_cache(maxsize=64)
def attention_table(device: str, row_count: int, column_count: int) -> NDArray[np.float64]:
    """Return ``attention`` of every cell, rows first; not to be written to."""
    first, per_row, per_column = ATTENTION.get(device, ATTENTION["other"])
    down, across = np.arange(row_count)[:, None], np.arange(column_count)[None, :]
    table = np.asarray(first * np.exp(-per_row * down - per_column * across))
    table.flags.writeable = False
    return table


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a page in reading order; ``artwork`` counts over all artworks (-1: none)."""

    row: NDArray[np.int64]
    column: NDArray[np.int64]
    item: NDArray[np.int64]
    artwork: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.item)


@dataclass(slots=True)
class Memory:
    """What a member remembers; changed by ``visit``. ``exposure`` counts seeings since a play."""

    exposure: NDArray[np.float32]
    position_s: NDArray[np.int64]
    finished: NDArray[np.bool_]
    listed: set[int] = field(default_factory=set)
    thumbed: set[int] = field(default_factory=set)
    last_played: int = -1
    failed_in_row: int = 0
    mood: float = 1.0

    @staticmethod
    def blank(title_count: int) -> Memory:
        """Return the memory of someone who has seen nothing yet."""
        return Memory(
            np.zeros(title_count, np.float32),
            np.zeros(title_count, np.int64),
            np.zeros(title_count, bool),
        )


@dataclass(frozen=True, slots=True)
class Play:
    """One sitting: from where to where; ``cell`` is its index on the page, -1 after a search."""

    item: int
    cell: int
    from_s: int
    to_s: int
    duration_s: int
    ending: str

    @property
    def minutes(self) -> float:
        """How long was watched."""
        return (self.to_s - self.from_s) / 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What happened: ``seen`` holds indices of cells, opinions are about the played title."""

    seen: NDArray[np.int64]
    dwell_ms: NDArray[np.int64]
    hovered: tuple[int, ...] = ()
    opened: int = -1
    searched: int = -1
    play: Play | None = None
    thumb: int = 0
    rating: float = 0.0
    list_added: int = -1
    list_removed: int = -1
    hidden: int = -1

    @property
    def is_failed(self) -> bool:
        """Whether the member left without playing anything."""
        return self.play is None


def play_logit(
    truth: Truth,
    member: WorldMember,
    memory: Memory,
    cells: Cells,
    at: NDArray[np.int64],
    device: str,
    hour: int,
) -> NDArray[np.float64]:
    """Return the true wish to play the cells ``at``, against LEAVE_LOGIT for leaving."""
    item, artwork = cells.item[at], cells.artwork[at]
    wish: NDArray[np.float64] = truth.affinity[member.index, item].astype(np.float64)
    looks = truth.picture[artwork] @ member.picture_taste
    wish += PICTURE_WEIGHT * np.where(artwork >= 0, looks, 0.0)
    wish += np.where(truth.is_short[item], _short_bonus(member, device, hour), 0.0)
    wish -= member.fatigue * memory.exposure[item]
    done = memory.finished[item]
    wish += np.where((memory.position_s[item] > 0) & ~done, CONTINUE_BONUS, 0.0)
    wish -= np.where(done, FINISHED_COST, 0.0)
    return wish


def _short_bonus(member: WorldMember, device: str, hour: int) -> float:
    bonus = 0.4 if device == "phone" else -0.2 if device == "tv" else 0.0
    if 5 <= hour < 11:
        return bonus + member.morning_short
    return bonus - (0.3 if 19 <= hour < 24 else 0.0)


def visit(
    truth: Truth,
    member: WorldMember,
    memory: Memory,
    cells: Cells,
    device: str,
    hour: int,
    allowed: NDArray[np.bool_],
    rng: np.random.Generator,
) -> Visit:
    """Return one visit and write it into ``memory``. ``allowed``: titles a search may find."""
    seen, dwell_ms = _look(member, cells, device, rng)
    wish = play_logit(truth, member, memory, cells, seen, device, hour)
    wanted = -1
    if rng.random() < member.search_rate:
        wanted = _title_in_mind(truth, member, memory, allowed, rng)
        wish += np.where(cells.item[seen] == wanted, IN_MIND_BONUS, 0.0)
    memory.exposure[cells.item[seen]] += 1.0
    if wanted >= 0 and not (cells.item[seen] == wanted).any():
        play = _watch(truth, member, memory, wanted, -1, device, rng)
        return _close(truth, member, memory, cells, seen, dwell_ms, wanted, play, rng)
    chosen = _choose(wish, rng)
    if chosen < 0:
        return _close(truth, member, memory, cells, seen, dwell_ms, -1, None, rng)
    cell = int(seen[chosen])
    play = _watch(truth, member, memory, int(cells.item[cell]), cell, device, rng)
    return _close(truth, member, memory, cells, seen, dwell_ms, -1, play, rng)


def _look(
    member: WorldMember, cells: Cells, device: str, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which cells are seen, in reading order, and for how long each."""
    if not len(cells):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    # The size is rounded up so that pages of a like size share one cached table.
    table = attention_table(device, int(cells.row.max()) // 8 * 8 + 8, 64)
    chance = table[cells.row, np.minimum(cells.column, 63)] ** (1.0 / member.attention_span)
    seen = np.flatnonzero(rng.random(len(cells)) < chance)
    dwell_ms = 1000 + rng.exponential(900.0, len(seen)).astype(np.int64)
    return seen, dwell_ms


def _choose(wish: NDArray[np.float64], rng: np.random.Generator) -> int:
    """Return the index of the chosen cell, -1 for leaving."""
    weight = np.append(np.exp(np.clip(wish, -20, 20)), np.exp(LEAVE_LOGIT))
    edge = np.cumsum(weight)
    at = int(np.searchsorted(edge, rng.random() * edge[-1], side="right"))
    return at if at < len(wish) else -1


def _title_in_mind(
    truth: Truth,
    member: WorldMember,
    memory: Memory,
    allowed: NDArray[np.bool_],
    rng: np.random.Generator,
) -> int:
    """Return a title the member has heard of and would like, -1 if there is none."""
    open_to = np.flatnonzero(allowed & ~memory.finished)
    if not len(open_to):
        return -1
    heard = rng.choice(open_to, min(12, len(open_to)), replace=False)
    return int(heard[int(np.argmax(truth.affinity[member.index, heard]))])


def _watch(
    truth: Truth,
    member: WorldMember,
    memory: Memory,
    item: int,
    cell: int,
    device: str,
    rng: np.random.Generator,
) -> Play:
    """Return a sitting: bored ones stop early, the others at the end or when time is up."""
    duration_s, runtime_s = int(truth.duration_s[item]), int(truth.runtime_s[item])
    from_s = 0 if memory.finished[item] else int(memory.position_s[item])
    liking = float(truth.affinity[member.index, item])
    bored = 1.0 / (1.0 + np.exp(0.5 + 0.9 * liking))
    sitting_s = 60.0 * _SITTING_MINUTES[device] * float(rng.lognormal(0.0, 0.5))
    if from_s == 0 and rng.random() < bored:
        to_s = int(runtime_s * rng.beta(1.3, 9.0)) + 60
        return Play(item, cell, 0, min(to_s, duration_s), duration_s, "abandon")
    credits_s = runtime_s * float(rng.uniform(0.0, 0.06))
    to_s = from_s + int(sitting_s)
    if runtime_s < duration_s and to_s < duration_s:
        # A series is left between episodes: the last one that fits is watched to its end.
        to_s = max(from_s // runtime_s + 1, round(to_s / runtime_s)) * runtime_s
    if finished(to_s, duration_s):
        return Play(item, cell, from_s, int(duration_s - credits_s), duration_s, "complete")
    return Play(item, cell, from_s, to_s, duration_s, "stop")


def _close(
    truth: Truth,
    member: WorldMember,
    memory: Memory,
    cells: Cells,
    seen: NDArray[np.int64],
    dwell_ms: NDArray[np.int64],
    searched: int,
    play: Play | None,
    rng: np.random.Generator,
) -> Visit:
    """Add what goes with a visit (hovers, opinions, list), and remember it."""
    hovered = tuple(int(i) for i in seen[rng.random(len(seen)) < 0.05])
    liking = truth.affinity[member.index]
    chance = rng.random(5)
    opened = int(seen[int(chance[0] * len(seen))]) if len(seen) and chance[1] < 0.12 else -1
    list_added = list_removed = hidden = -1
    if len(seen):
        items = cells.item[seen]
        best, worst = int(items[liking[items].argmax()]), int(items[liking[items].argmin()])
        if chance[2] < member.list_rate and best not in memory.listed:
            list_added = best
        if chance[3] < 0.01 and liking[worst] < -1.5:
            hidden = worst
    if play is None:
        memory.failed_in_row += 1
        memory.mood = max(0.25, 0.8 * memory.mood)
        thumb, rating = 0, 0.0
    else:
        thumb, rating = _opinion(member, memory, play, float(liking[play.item]), rng)
        if play.item in memory.listed:
            list_removed = play.item
        _remember(memory, play)
    if list_added >= 0 and (play is None or play.item != list_added):
        memory.listed.add(list_added)
    else:
        list_added = -1
    return Visit(
        seen=seen, dwell_ms=dwell_ms, hovered=hovered, opened=opened, searched=searched,
        play=play, thumb=thumb, rating=rating, list_added=list_added,
        list_removed=list_removed, hidden=hidden,
    )  # fmt: skip


def _opinion(
    member: WorldMember, memory: Memory, play: Play, liking: float, rng: np.random.Generator
) -> tuple[int, float]:
    """Return a thumb (0: none) and a rating (0: none), the truth with some noise."""
    felt = liking + float(rng.normal(0, 0.5)) - (1.5 if play.ending == "abandon" else 0.0)
    thumb, rating = 0, 0.0
    if rng.random() < member.thumb_rate and play.item not in memory.thumbed:
        thumb = 2 if felt > 2.4 else 1 if felt > 0.2 else -1
        memory.thumbed.add(play.item)
    if play.ending == "complete" and rng.random() < member.rating_rate:
        rating = float(np.clip(round(2 * (2.6 + 0.75 * felt)) / 2, 0.5, 5.0))
    return thumb, rating


def _remember(memory: Memory, play: Play) -> None:
    memory.failed_in_row = 0
    memory.mood = min(1.0, memory.mood + 0.15)
    memory.exposure[play.item] = 0.0
    memory.listed.discard(play.item)
    if play.ending != "abandon":
        memory.last_played = play.item
    memory.finished[play.item] |= play.ending == "complete"
    # An abandoned title is not half watched: the member does not mean to go on with it.
    memory.position_s[play.item] = play.to_s if play.ending == "stop" else 0
    if play.ending == "abandon":
        memory.exposure[play.item] = ABANDONED_EXPOSURE
