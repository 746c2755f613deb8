"""The keeper of profiles: what is stored plus the log after its offset, folded.

Who asks for a profile always gets one with every event of the log. So that little is left to
fold by then, ``follow`` reads the log on and folds what it finds onto the profiles in memory;
``note`` hands it the events that this process has just written, so that they need not be decoded
again. Profiles are written behind.

**Late events.** Beside a profile that is folded on for a while, an older state of it is kept,
with the offsets of the events since: an event that is older than the newest one folded, but not
older than that state, folds those events again, not the whole history.

**Locks.** A profile is read and folded under one of many locks, chosen by the member, so that
pages of different members do not wait for each other's disk reads. ``_lock`` guards the
dictionaries and is never held while anything is read. Taken in this order: ``_following``,
``_writing``, a member's, ``_lock``.
"""

from __future__ import annotations

import math
import threading
from array import array
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

from pasand.domain.events import Event, Stored
from pasand.domain.fold import Facts, Folder
from pasand.domain.profile import Profile
from pasand.domain.weights import STREAMING, Weights
from pasand.flows.merging import whole_history
from pasand.ports import EventLog, ProfileStore, Timer

__all__ = ["ProfileKeeper"]

#: How many profiles ``follow`` loads in one go, and for how long: those that are in memory
#: already cost a hundredth of that. More members than may wait are folded when asked for.
WAITING_COUNT_MAX = 100_000
LOAD_COUNT_MAX = 2_000
LOAD_S_MAX = 0.2
FOLLOW_COUNT_MAX = 20_000
#: Further behind than this, profiles are folded when somebody asks for them.
BEHIND_COUNT_MAX = 200_000
FRESH_COUNT_MAX = 50_000
#: Profiles of fewer events are kept beside as they are, others as bytes, which are smaller.
SMALL_COUNT_MAX = 64
#: Events known beside one profile, and when an older state moves on.
TAIL_COUNT_MAX = 128
TAIL_COUNT_MIN = 32
TAIL_MS = 3_600_000
#: How many profiles are written at a time; their locks are held one by one.
FLUSH_COUNT = 50
_LOCK_COUNT = 256
#: Kinds after which what came before counts differently.
_REVISING = ("history_removed", "member_merged")


class _Kept:
    """One profile in memory: folded up to ``offset``, with the means to take late events in.

    ``base`` is an older state, ``tail`` the offsets of the events since; ``middle`` is a state
    between, after which ``later`` of these events came. A state costs more to put by than a few
    events to fold, so there is none before ``since`` has counted some, unless the member's events
    have come late before.
    """

    __slots__ = ("base", "base_key", "folder", "late", "later", "middle", "middle_key", "offset",
                 "since", "tail")  # fmt: skip

    def __init__(self, offset: int, folder: Folder) -> None:
        self.offset = offset
        self.late = False
        self.begin(folder)

    def begin(self, folder: Folder) -> None:
        """Go on from a fold, with nothing older beside it."""
        self.folder = folder
        self.tail = array("q")
        self.later = self.since = 0
        self.base: Profile | bytes | None = None
        self.base_key = self.middle_key = folder.last_key
        self.middle: Profile | bytes | None = None

    def add(self, stored: list[Stored]) -> None:
        """Fold newer events in order, and let the older states move on."""
        if self.base is None and (self.late or self.since >= TAIL_COUNT_MIN):
            self.base, self.base_key = _put_by(self.folder), self.folder.last_key
        self.folder.add([event for _, event in stored])
        if self.base is None:
            self.since += len(stored)
            return
        self.tail.extend(offset for offset, _ in stored)
        self.later += len(stored)
        count = len(self.tail)
        if count < TAIL_COUNT_MIN:
            return
        middle_ms, last_ms = self.middle_key[0], self.folder.last_key[0]
        if self.later >= TAIL_COUNT_MIN and (
            last_ms - middle_ms >= TAIL_MS or count >= TAIL_COUNT_MAX
        ):
            if self.middle is not None:
                self.base, self.base_key = self.middle, self.middle_key
                del self.tail[: count - self.later]
            self.middle, self.middle_key = _put_by(self.folder), self.folder.last_key
            self.later = 0


def _put_by(folder: Folder) -> Profile | bytes:
    profile = folder.profile()
    return profile if profile.event_count < SMALL_COUNT_MAX else profile.encode()


def _key(stored: Stored) -> tuple[int, str]:
    return stored.event.key


class ProfileKeeper:
    """Profiles by member, at most ``count_max`` in memory.

    ``item_version`` returns the offset of the newest change of an item; a stored profile of a
    member who has been a visitor is not trusted past it, for the store drops those that hold a
    changed item by the member's own events alone. Without it, such profiles are always folded
    from the log.
    """

    def __init__(
        self,
        store: ProfileStore,
        log: EventLog,
        facts: Facts,
        count_max: int = 15_000,
        *,
        weights: Weights = STREAMING,
        item_version: Callable[[], int] | None = None,
        timer: Timer | None = None,
    ) -> None:
        self._store = store
        self._log = log
        self._facts = facts
        self._weights = weights
        self._item_version = item_version
        self._timer = timer or (lambda: 0.0)
        self._count_max = count_max
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._following = threading.Lock()
        self._locks = tuple(threading.RLock() for _ in range(_LOCK_COUNT))
        self._cache: OrderedDict[str, _Kept] = OrderedDict()
        self._dirty: dict[str, _Kept] = {}
        # Grows when what is in memory is no longer to be used, also by who is folding just now.
        self._generation = 0
        self._followed = log.last_offset()
        self._fresh: dict[int, Event] = {}
        # Who has events that are in no profile in memory yet, in the order in which they came.
        self._waiting: dict[str, None] = {}

    def get(self, member_id: str) -> tuple[int, Profile]:
        """Return the member's profile with every event of the log, and the newest offset in it."""
        with self._locks[hash(member_id) % _LOCK_COUNT]:
            kept = self._current(member_id)
            return kept.offset, kept.folder.profile()

    def cached(self, member_id: str) -> tuple[int, Profile]:
        """Return the last profile known without touching the disk: for when it fails."""
        kept = self._cache.get(member_id)
        if kept is None:
            return 0, Profile(member_id=member_id)
        with self._locks[hash(member_id) % _LOCK_COUNT]:
            return kept.offset, kept.folder.profile()

    def flush(self, seconds: float | None = None) -> int:
        """Write behind what was folded, what waits longest first; return how many.

        ``seconds`` is how long it may take, unless more waits than half of what may be in
        memory.
        """
        until_s = math.inf if seconds is None else self._timer() + seconds
        count = done = self._flush_some()
        while done and (self._timer() < until_s or len(self._dirty) > self._count_max // 2):
            count += (done := self._flush_some())
        return count

    def _flush_some(self) -> int:
        with self._writing:
            with self._lock:
                names = list(islice(self._dirty, FLUSH_COUNT))
                taken = {name: self._dirty.pop(name) for name in names}
            profiles = {}
            for member_id, kept in taken.items():
                with self._locks[hash(member_id) % _LOCK_COUNT]:
                    profiles[member_id] = (kept.offset, kept.folder.profile())
            if not profiles:
                return 0
            try:
                self._store.put(profiles)
            except BaseException:
                with self._lock:
                    self._dirty = {**taken, **self._dirty}
                raise
            return len(profiles)

    def renew(self, member_ids: Iterable[str]) -> None:
        """Throw these profiles away and fold them again from the log alone, one by one."""
        for member_id in member_ids:
            with self._locks[hash(member_id) % _LOCK_COUNT]:
                self._drop(member_id)
                self._store.forget([member_id])
                self._current(member_id)
        self.flush()

    @contextmanager
    def changing_items(self) -> Iterator[None]:
        """Hold writing while items change: the store drops the profiles that hold them.

        Let the facts of the items change before this ends.
        """
        with self._writing:
            try:
                yield
            finally:
                self._clear()

    # Following the log

    def note(self, offset: int, event: Event) -> None:
        """Hand over an event that was just written: ``follow`` need not read it again."""
        if event.member_id:
            if len(self._fresh) >= FRESH_COUNT_MAX:
                self._fresh.clear()
            self._fresh[offset] = event

    def follow(self, count_max: int = FOLLOW_COUNT_MAX) -> int:
        """Fold what the log has taken since the last time; return how many events were looked at.

        Reading in the order of offsets misses nothing, so every profile in memory has all events
        up to where this has read: it was there, or was read later than the log was.
        """
        with self._following:
            last = self._log.last_offset()
            if last - self._followed > BEHIND_COUNT_MAX:
                self._clear(keep_dirty=True)
                self._followed = last
                return 0
            rows = self._log.whose(self._followed, count_max)
            by_member: dict[str, list[int]] = {}
            for offset, member_id in rows:
                by_member.setdefault(member_id, []).append(offset)
            for member_id, offsets in by_member.items():
                with self._locks[hash(member_id) % _LOCK_COUNT]:
                    kept = self._cache.get(member_id)
                    if kept is not None:
                        self._fold_on(member_id, kept, offsets)
                    elif len(self._waiting) < WAITING_COUNT_MAX:
                        self._waiting[member_id] = None
                for offset in offsets:
                    self._fresh.pop(offset, None)
            # Fewer than asked for: what is left up to the end names nobody.
            self._followed = rows[-1][0] if len(rows) == count_max else last
            self._load_waiting()
            return len(rows)

    @property
    def behind(self) -> int:
        """How far the profiles in memory are behind: events not followed, members not loaded."""
        return max(0, self._log.last_offset() - self._followed) + len(self._waiting)

    def _load_waiting(self) -> None:
        """Fold for those whose profiles were not in memory, for a while; the others wait on."""
        until_s = self._timer() + LOAD_S_MAX
        for member_id in list(self._waiting)[:LOAD_COUNT_MAX]:
            with self._locks[hash(member_id) % _LOCK_COUNT]:
                self._current(member_id)
            del self._waiting[member_id]
            if self._timer() > until_s:
                break

    def _fold_on(self, member_id: str, kept: _Kept, offsets: list[int]) -> None:
        """Fold these events, all that came since the last time, onto a profile in memory."""
        offsets = [offset for offset in offsets if offset > kept.offset]
        fresh = ((offset, self._fresh.get(offset)) for offset in offsets)
        stored = [Stored(offset, event) for offset, event in fresh if event is not None]
        if kept.folder.visitors or len(stored) < len(offsets):
            self._current(member_id)
        elif stored:
            generation = self._generation
            self._fold(kept, member_id, stored)
            self._keep(member_id, kept, generation, changed=True)

    # Folding; the member's lock is held

    def _current(self, member_id: str) -> _Kept:
        """Return the member's profile in memory, with every event of the log."""
        generation = self._generation
        kept = self._cache.get(member_id) or self._dirty.get(member_id) or self._load(member_id)
        changed, visitors = False, None
        # Who was a visitor brings a tail of their own; once more where one is new.
        while visitors != kept.folder.visitors:
            visitors = kept.folder.visitors
            if visitors:
                changed |= self._take_in_merged(kept, member_id)
            elif tail := self._log.of_member(member_id, after=kept.offset):
                changed = True
                self._fold(kept, member_id, tail)
        self._keep(member_id, kept, generation, changed)
        return kept

    def _load(self, member_id: str) -> _Kept:
        stored = self._store.get(member_id)
        if stored is not None:
            offset, profile = stored
            trusted = profile.weights in ("", self._weights.version)
            if profile.visitors:
                trusted &= self._item_version is not None and self._item_version() <= offset
            if trusted:
                return _Kept(offset, Folder(profile, self._facts, self._weights))
        return _Kept(0, self._empty(member_id))

    def _empty(self, member_id: str) -> Folder:
        return Folder(Profile(member_id=member_id), self._facts, self._weights)

    def _take_in_merged(self, kept: _Kept, member_id: str) -> bool:
        """Take in what came for a member and for the visitors they have been."""
        upto = self._log.last_offset()
        tail: list[Stored] = []
        for whose in (member_id, *kept.folder.visitors):
            tail += self._log.of_member(whose, after=kept.offset)
        tail = [stored for stored in tail if stored.offset <= upto]
        if not tail:
            return False
        if all(stored.event.member_id == member_id for stored in tail):
            self._fold(kept, member_id, tail)
        else:
            self._fold_whole(kept, member_id, max(stored.offset for stored in tail))
        return True

    def _fold(self, kept: _Kept, member_id: str, stored: list[Stored]) -> None:
        """Fold events that came since, in the order of their offsets, whatever their times are."""
        offset = stored[-1].offset
        stored = sorted(stored, key=_key)
        first = stored[0].event.key
        if any(event.kind in _REVISING for _, event in stored):
            self._fold_whole(kept, member_id, offset)
        elif first > kept.folder.last_key:
            kept.add(stored)
        elif kept.base is not None and first > kept.base_key:
            self._fold_tail(kept, member_id, stored)
        else:
            kept.late = True
            self._fold_whole(kept, member_id, offset)
        kept.offset = offset

    def _fold_tail(self, kept: _Kept, member_id: str, late: list[Stored]) -> None:
        """Fold the events since the older state again, with late ones among them."""
        base, base_key = kept.base, kept.base_key
        assert base is not None
        since = {*kept.tail, *(offset for offset, _ in late)}
        known = self._log.of_member(member_id, after=min(since) - 1)
        tail = sorted((stored for stored in known if stored.offset in since), key=_key)
        profile = Profile.decode(base) if isinstance(base, bytes) else base
        kept.begin(Folder(profile, self._facts, self._weights))
        kept.base, kept.base_key = base, base_key
        kept.add(tail)

    def _fold_whole(self, kept: _Kept, member_id: str, upto: int) -> None:
        """Fold the whole history again."""
        folder = self._empty(member_id)
        folder.add(whole_history(self._log, member_id, upto))
        kept.begin(folder)
        kept.offset = upto

    # What is in memory

    def _keep(self, member_id: str, kept: _Kept, generation: int, changed: bool) -> None:
        with self._lock:
            if generation != self._generation:
                return
            if changed:
                self._dirty[member_id] = kept
            self._cache[member_id] = kept
            self._cache.move_to_end(member_id)
            if len(self._cache) > self._count_max:
                self._cache.popitem(last=False)

    def _drop(self, member_id: str) -> None:
        with self._lock:
            self._cache.pop(member_id, None)
            self._dirty.pop(member_id, None)

    def _clear(self, keep_dirty: bool = False) -> None:
        with self._lock:
            self._generation += 1
            self._cache.clear()
            self._fresh.clear()
            if not keep_dirty:
                self._dirty.clear()
