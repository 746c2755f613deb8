"""A profile while it is folded: sections that know at every moment how many bytes they will take.

After each event the profile is trimmed until it fits, by a rule that looks at nothing but the
profile: so folding in one go and folding in pieces give the same bytes. An id counts once,
however many sections name it.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

from pasand.domain.events import DEVICES
from pasand.domain.packing import gap_length, id_cost, name_cost, rounded, table_cost
from pasand.domain.profile import PROFILE_BYTES_MAX, Profile, Recent, Recents, Visit
from pasand.domain.profile_parts import OpenVisit
from pasand.domain.zones import local_hour

__all__ = ["VISITOR_COUNT_MAX", "Folding"]

RECENT_COUNT_MAX = 500
SEARCH_COUNT_MAX = 10
TASTE_COUNT_MAX = 64
VISITOR_COUNT_MAX = 16

#: Sections by item: bytes an entry takes beside its id, entries at most, and how soon its oldest
#: entry goes when bytes are short (the section with the most entries times this gives first).
_BY_ITEM = {
    "watching": (14, 32, 8),
    "finished": (6, 100, 3),
    "thumbs": (7, 64, 4),
    "listed": (6, 64, 4),
    "hidden": (6, 48, 4),
    "fatigue": (3, 96, 5),
    "removed": (6, 24, 6),
    "dwell": (4, 64, 6),
}
#: Bytes that the tastes of one facet may take, weakest out first.
_TASTE_BYTES = {"genres": 400, "tags": 900, "people": 1100, "pictures": 550, "looked": 550}
#: Bytes of sections by word, oldest out first: bytes beside the word, and all of them at most.
_BY_WORD = {
    "tired_rows": (1, 250), "tired_pictures": (1, 700), "muted": (4, 480), "reset": (4, 200),
    "places": (4, 90)}  # fmt: skip
_SEARCH_BYTES = 250
_SHED = ("tired_pictures", "tired_rows", "reset", "looked", "pictures", "people", "tags")
#: Two for each byte column and list of words, nine for a number, and the visit.
_FIXED = 340
_DEVICE_BYTES = 76
_HELD_BYTES = 11
#: Whatever the profile's own three ids are, it fits while the rest is smaller than this.
_SAFE = PROFILE_BYTES_MAX - _FIXED - 3 * 4 * 128 - 3
_COPIED = (
    "member_id", "event_count", "first_ms", "last_ms", "last_id", "page_count", "last_page",
    "last_order", "off", "ceiling", "own_actions", "own_kids", "sittings",
)  # fmt: skip
_SECTIONS = (*_BY_ITEM, *_TASTE_BYTES, *_BY_WORD, "visitors")


class Folding:
    """A profile that changes; ``freeze`` gives it as it is."""

    def __init__(self, profile: Profile) -> None:
        self.member_id = profile.member_id
        self.event_count = profile.event_count
        self.first_ms = profile.first_ms
        self.last_ms = profile.last_ms
        self.last_id = profile.last_id
        self.page_count = profile.page_count
        self.last_page = profile.last_page
        self.last_order = profile.last_order
        self.visit = OpenVisit(profile.visit)
        self.off = profile.off
        self.ceiling = profile.ceiling
        self.own_actions = profile.own_actions
        self.own_kids = profile.own_kids
        self.sittings = profile.sittings
        self.sections: dict[str, dict[str, Any]] = {
            name: dict(getattr(profile, name)) for name in _SECTIONS
        }
        self.hours = {device: list(counts) for device, counts in profile.hours.items()}
        self.weekdays = {device: list(counts) for device, counts in profile.weekdays.items()}
        self.searches = list(profile.searches)
        self._recent_ids: list[str] = []
        self._recent_codes = bytearray()
        self._recent_at: array[int] = array("q")
        self._recent_values: array[int] = array("q")
        self._recent_count: dict[str, int] = {}
        self._count: dict[str, int] = {}
        self._letters = self._plain = self._odd = self._used = 0
        for name, (each, _, _) in _BY_ITEM.items():
            self._used += each * len(self.sections[name])
            for item_id in self.sections[name]:
                self._refer(item_id)
        for item_id in (*self.last_order, *_visit_ids(profile.visit)):
            self._refer(item_id)
        self._used += 2 * len(self.last_order) + _HELD_BYTES * len(self.visit.held)
        self._bytes = {name: _word_bytes(self.sections[name], 3) for name in _TASTE_BYTES}
        for name, (each, _) in _BY_WORD.items():
            self._bytes[name] = _word_bytes(self.sections[name], each)
        self._bytes["visitors"] = _word_bytes(self.sections["visitors"], 9)
        self._bytes["searches"] = sum(name_cost(text) + 4 for text, _ in self.searches)
        self._used += sum(self._bytes.values())
        self._used += _DEVICE_BYTES * len(self.hours)
        for entry in profile.recent:
            self._append(*entry)

    def freeze(self, weights: str) -> Profile:
        """Return the profile as it is now."""
        fields: dict[str, Any] = {name: getattr(self, name) for name in _COPIED}
        fields |= {name: dict(section) for name, section in self.sections.items()}
        return Profile(
            weights=weights,
            recent=Recents(
                tuple(self._recent_ids),
                bytes(self._recent_codes),
                tuple(self._recent_at),
                tuple(self._recent_values),
            ),
            hours={device: tuple(counts) for device, counts in self.hours.items()},
            weekdays={device: tuple(counts) for device, counts in self.weekdays.items()},
            searches=tuple(self.searches),
            visit=self.visit.closed(),
            **fields,
        )

    # Sections by item

    def put(self, name: str, item_id: str, value: Any) -> None:
        """Set an item as the newest entry of a section."""
        section = self.sections[name]
        each, count_max, _ = _BY_ITEM[name]
        if item_id in section:
            del section[item_id]
        else:
            self._used += each
            self._refer(item_id)
        section[item_id] = value
        if len(section) > count_max:
            self.take(name, next(iter(section)))

    def take(self, name: str, item_id: str) -> None:
        """Take an item out of a section, if it is there."""
        if self.sections[name].pop(item_id, None) is not None:
            self._used -= _BY_ITEM[name][0]
            self._release(item_id)

    def order(self, item_ids: Sequence[str]) -> None:
        """Set the order of the last page."""
        for item_id in item_ids:
            self._refer(item_id)
        for item_id in self.last_order:
            self._release(item_id)
        self._used += 2 * (len(item_ids) - len(self.last_order))
        self.last_order = tuple(item_ids)

    # The visit

    def begin_visit(self, at_s: int) -> OpenVisit:
        """Begin another visit."""
        self.hold(())
        self.visit_item("")
        self.visit = OpenVisit(Visit(start_s=at_s))
        return self.visit

    def visit_item(self, item_id: str) -> None:
        """Note which item the visit came to."""
        before, self.visit.last_item = self.visit.last_item, item_id
        if item_id:
            self._refer(item_id)
        if before:
            self._release(before)

    def hold(self, held: tuple[tuple[str, float], ...]) -> None:
        """Set what may have to be taken back."""
        before, self.visit.held = self.visit.held, held
        self._used += _HELD_BYTES * (len(held) - len(before))
        for item_id, _ in held:
            self._refer(item_id)
        for item_id, _ in before:
            self._release(item_id)

    def start_anew(self) -> None:
        """Become the empty profile again, which knows only how far it was folded."""
        empty = Profile(
            member_id=self.member_id,
            event_count=self.event_count,
            first_ms=self.last_ms,
            last_ms=self.last_ms,
            last_id=self.last_id,
            page_count=self.page_count,
        )
        vars(self).update(vars(Folding(empty)))

    # Recent entries

    def remember(self, item_id: str, code: int, at_s: int, value: int = 0) -> None:
        """Append to the recent entries."""
        self._append(item_id, code, at_s, value)
        if len(self._recent_ids) > RECENT_COUNT_MAX:
            self._forget_oldest()

    def forget_since(self, at_s: int, item_ids: Iterable[str]) -> None:
        """Take out the recent entries of these items since a moment."""
        gone = frozenset(item_ids)
        kept: list[Recent] = []
        while self._recent_ids and self._recent_at[-1] >= at_s:
            entry = self._pop_newest()
            if entry.item_id not in gone:
                kept.append(entry)
        for entry in reversed(kept):
            self._append(*entry)

    def _append(self, item_id: str, code: int, at_s: int, value: int) -> None:
        if self._recent_ids:
            self._used += gap_length(at_s - self._recent_at[-1])
        self._used += 2 if value else 1
        seen = self._recent_count.get(item_id, 0)
        self._recent_count[item_id] = seen + 1
        if seen:
            self._used += 2
        else:
            self._refer(item_id)
        self._recent_ids.append(item_id)
        self._recent_codes.append(code)
        self._recent_at.append(at_s)
        self._recent_values.append(value)

    def _pop_newest(self) -> Recent:
        entry = Recent(
            self._recent_ids.pop(),
            self._recent_codes.pop(),
            self._recent_at.pop(),
            self._recent_values.pop(),
        )
        if self._recent_ids:
            self._used -= gap_length(entry.at_s - self._recent_at[-1])
        self._uncount(entry.item_id, entry.value)
        return entry

    def _forget_oldest(self) -> None:
        if len(self._recent_ids) > 1:
            self._used -= gap_length(self._recent_at[1] - self._recent_at[0])
        self._uncount(self._recent_ids[0], self._recent_values[0])
        del self._recent_ids[0], self._recent_codes[0]
        del self._recent_at[0], self._recent_values[0]

    def _uncount(self, item_id: str, value: int) -> None:
        self._used -= 2 if value else 1
        self._recent_count[item_id] -= 1
        if self._recent_count[item_id]:
            self._used -= 2
        else:
            del self._recent_count[item_id]
            self._release(item_id)

    # Sections by word

    def strengthen(self, name: str, words: Sequence[str], amount: int) -> None:
        """Add to the tastes of a facet; the weakest go until they fit."""
        tastes = self.sections[name]
        before = size = self._bytes[name]
        for word in words:
            taste = tastes.get(word)
            if taste is None:
                size += name_cost(word) + 3
                taste = 0
            tastes[word] = rounded(taste + amount)
        bytes_max = _TASTE_BYTES[name]
        if len(tastes) > TASTE_COUNT_MAX or size > bytes_max:
            # By strength, then by the word: the same whatever came first.
            for _, word in sorted(zip(map(abs, tastes.values()), tastes, strict=True)):
                size -= name_cost(word) + 3
                del tastes[word]
                if len(tastes) <= TASTE_COUNT_MAX and size <= bytes_max:
                    break
        if size != before:
            self._resize(name, size)

    def put_word(self, name: str, word: str, value: int) -> None:
        """Set a word as the newest entry of a section; the oldest go until it fits."""
        each, bytes_max = _BY_WORD[name]
        section = self.sections[name]
        section.pop(word, None)
        section[word] = value
        size = _word_bytes(section, each)
        while size > bytes_max:
            oldest = next(iter(section))
            del section[oldest]
            size -= name_cost(oldest) + each
        self._resize(name, size)

    def take_word(self, name: str, word: str) -> None:
        """Take a word out of a section, if it is there."""
        if self.sections[name].pop(word, None) is not None:
            each = _BY_WORD[name][0] if name in _BY_WORD else 3
            self._resize(name, self._bytes[name] - name_cost(word) - each)

    def search(self, searches: Iterable[tuple[str, int]]) -> None:
        """Set the searches, newest last; the oldest go until they fit."""
        self.searches = list(searches)[-SEARCH_COUNT_MAX:]
        size = sum(name_cost(said) + 4 for said, _ in self.searches)
        while size > _SEARCH_BYTES:
            size -= name_cost(self.searches.pop(0)[0]) + 4
        self._resize("searches", size)

    def welcome(self, visitor_id: str, at_ms: int) -> None:
        """Note a visitor who turned out to be this member."""
        visitors = self.sections["visitors"]
        if visitor_id not in visitors and len(visitors) < VISITOR_COUNT_MAX:
            visitors[visitor_id] = at_ms
            self._resize("visitors", _word_bytes(visitors, 9))

    def count_hour(self, device: str, time_zone: str, at_ms: int) -> None:
        """Count an action in the member's own hour and weekday; at 65,535 counts are halved."""
        device = device if device in DEVICES else "other"
        if device not in self.hours:
            self._used += _DEVICE_BYTES
            self.hours[device] = [0] * 24
        hour, weekday = local_hour(time_zone, at_ms)
        _count_one(self.hours[device], hour)
        _count_one(self.weekdays.setdefault(device, [0] * 7), weekday)

    def _resize(self, name: str, size: int) -> None:
        self._used += size - self._bytes[name]
        self._bytes[name] = size

    # Size

    def size(self) -> int:
        """Return the bytes that the profile takes at most."""
        table = table_cost(self._letters, self._plain, self._odd)
        ids = len(self.member_id) + len(self.last_id) + len(self.last_page)
        if not (self.member_id.isascii() and self.last_id.isascii() and self.last_page.isascii()):
            ids *= 4
        return _FIXED + self._used + table + ids

    def trim(self) -> None:
        """Let the least missed go until the profile fits."""
        if self._used + self._plain < _SAFE:
            return
        while self.size() > PROFILE_BYTES_MAX:
            counts = {name: len(self.sections[name]) * soon for name, (_, _, soon) in
                      _BY_ITEM.items()}  # fmt: skip
            fullest = max(counts, key=lambda name: counts[name])
            if counts[fullest] > len(self._recent_ids):
                self.take(fullest, next(iter(self.sections[fullest])))
            elif self._recent_ids:
                self._forget_oldest()
            elif self.last_order:
                self.order(())
            elif not self._shed():
                return

    def _shed(self) -> bool:
        """Let something go that ids far longer than usual leave no room for."""
        if self.visit.held or self.visit.last_item:
            self.hold(())
            self.visit_item("")
            return True
        for name in _SHED:
            if self.sections[name]:
                self.take_word(name, next(iter(self.sections[name])))
                return True
        return False

    def _refer(self, item_id: str) -> None:
        count = self._count.get(item_id, 0)
        self._count[item_id] = count + 1
        if not count:
            letters, plain, odd = id_cost(item_id)
            self._letters += letters
            self._plain += plain
            self._odd += odd

    def _release(self, item_id: str) -> None:
        left = self._count[item_id] - 1
        self._count[item_id] = left
        if not left:
            del self._count[item_id]
            letters, plain, odd = id_cost(item_id)
            self._letters -= letters
            self._plain -= plain
            self._odd -= odd


def _count_one(counts: list[int], at: int) -> None:
    counts[at] += 1
    if counts[at] > 65_535:
        counts[:] = [count // 2 for count in counts]


def _visit_ids(visit: Visit) -> list[str]:
    held = [item_id for item_id, _ in visit.held]
    return [*held, visit.last_item] if visit.last_item else held


def _word_bytes(section: Iterable[str], each: int) -> int:
    words = list(section)
    return sum(map(name_cost, words)) + each * len(words)
