"""Profile: what is known of a member, in at most 8 KiB; the result of folding their events.

A profile holds ids, counts and times only. Tastes are integers at a fixed epoch: a weight w at
time t is stored as w * 1024 * 2^((t - EPOCH) / HALF_LIFE), so adding needs no clock and every
reader decays to its own moment. Vectors are made from a profile when a page is asked for and
are never stored in it. How events become a profile is in ``domain/fold.py``, how its columns
become bytes in ``domain/packing.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from pasand.domain.labels import RULES
from pasand.domain.packing import (
    pack_ids,
    pack_numbers,
    pack_recents,
    pack_tastes,
    unpack_ids,
    unpack_numbers,
    unpack_recents,
    unpack_tastes,
)
from pasand.domain.profile_parts import (
    NO_RECENTS,
    RECENT_CODES,
    Recent,
    Recents,
    Visit,
    Watch,
)

__all__ = [
    "ALL_PICTURES",
    "DAYPART_HOURS",
    "EPOCH_MS",
    "HALF_LIFE_MS",
    "LAYOUT_VERSION",
    "PROFILE_BYTES_MAX",
    "RECENT_CODES",
    "TASTE_UNIT",
    "VISIT_SILENCE_S",
    "Profile",
    "Recent",
    "Recents",
    "Visit",
    "Watch",
    "taste_at",
]

#: Of the stored bytes and of the rules of the fold; bytes of another one are not read.
LAYOUT_VERSION = 5
PROFILE_BYTES_MAX = 8192
EPOCH_MS = 946_684_800_000  # 2000-01-01
HALF_LIFE_MS = 365 * 86_400_000
TASTE_UNIT = 1024
#: In ``pictures`` and ``looked``: how many plays and looks they are made of.
ALL_PICTURES = "*"
#: A daypart is four hours: night, morning, forenoon, afternoon, evening, late evening.
DAYPART_HOURS = 4
#: A visit ends after an hour without anything happening.
VISIT_SILENCE_S = RULES.visit_gap_ms // 1000


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """The fold of one member's events, newest entries last in every mapping and list.

    ``weights`` is the version of the weights it was folded under, empty before the first event.
    ``fatigue`` counts impressions of an item since the member last acted on it, at most 255;
    ``tired_rows`` and ``tired_pictures`` those of rows and pictures since one of them was acted
    on; a picture that was acted on stays known, with 0. ``dwell`` is for how long the member
    looked at an item since then, in tenths of a second. ``pictures`` says what the pictures
    that were played from have more of than their titles' other pictures, ``looked`` the same of
    those that were seen, on the scale of tastes; ``*`` is how many. ``hours`` and ``weekdays``
    count actions
    by device class in the member's own time zone. ``muted`` holds what the member wants no more
    of, as "genre:Horror" or "tag:heist"; ``reset`` the tastes and ``removed`` the items they
    took out, with the second of it; ``places`` count actions by country or, where the sender says
    it, by the part of one, as "BR-SP". ``off`` says that the member switched personalisation off:
    nothing is folded until they switch it on. ``ceiling`` is their age limit, ``own_actions`` and
    ``own_kids`` count what earlier visits did, of all titles and of those for kids. ``visitors``
    are the anonymous visitors who turned out to be this member, with the millisecond of it.
    ``sittings`` are visits with a play by the part of day they began in: how many (20 at most)
    and their mean minutes, for each of six parts in turn.
    """

    member_id: str
    weights: str = ""
    event_count: int = 0
    first_ms: int = 0
    last_ms: int = 0
    last_id: str = ""
    page_count: int = 0
    last_page: str = ""
    last_order: tuple[str, ...] = ()
    recent: Sequence[Recent] = NO_RECENTS
    watching: dict[str, Watch] = {}
    finished: dict[str, int] = {}
    thumbs: dict[str, tuple[int, int]] = {}
    listed: dict[str, int] = {}
    hidden: dict[str, int] = {}
    genres: dict[str, int] = {}
    tags: dict[str, int] = {}
    people: dict[str, int] = {}
    pictures: dict[str, int] = {}
    looked: dict[str, int] = {}
    hours: dict[str, tuple[int, ...]] = {}
    weekdays: dict[str, tuple[int, ...]] = {}
    fatigue: dict[str, int] = {}
    dwell: dict[str, int] = {}
    tired_rows: dict[str, int] = {}
    tired_pictures: dict[str, int] = {}
    searches: tuple[tuple[str, int], ...] = ()
    muted: dict[str, int] = {}
    reset: dict[str, int] = {}
    places: dict[str, int] = {}
    removed: dict[str, int] = {}
    visit: Visit = Visit()
    off: bool = False
    ceiling: int = 18
    own_actions: int = 0
    own_kids: int = 0
    visitors: dict[str, int] = {}
    sittings: tuple[int, ...] = ()

    @property
    def last_key(self) -> tuple[int, str]:
        """The order key of the newest event folded."""
        return (self.last_ms, self.last_id)

    def visit_at(self, at_ms: int) -> Visit | None:
        """Return the visit that goes on at a moment, None where the last one has ended."""
        now = self.visit.start_s and at_ms // 1000 - self.visit.last_s <= VISIT_SILENCE_S
        return self.visit if now else None

    def visit_minutes(self, hour: int) -> float:
        """Return how long a visit lasts that begins in this part of the day, any part where
        there was none in it yet, 0 where nothing is known.
        """
        count, minutes = self.sittings[::2], self.sittings[1::2]
        part = hour // DAYPART_HOURS
        if count and count[part]:
            return float(minutes[part])
        return sum(n * m for n, m in zip(count, minutes, strict=True)) / (sum(count) or 1)

    def encode(self) -> bytes:
        """Return the stored bytes; equal profiles give equal bytes."""
        return _encode((LAYOUT_VERSION, *_packed(self)))

    @staticmethod
    def decode(data: bytes) -> Profile:
        """Return the profile behind stored bytes.

        Raises:
            msgspec.DecodeError: the bytes are of another layout, or none of ours.
        """
        packed = _decode(data)
        if not isinstance(packed, list) or packed[:1] != [LAYOUT_VERSION]:
            raise msgspec.DecodeError("a profile of another layout")
        try:
            return _unpacked(packed[1:])
        except (ValueError, TypeError, IndexError, KeyError) as error:
            raise msgspec.DecodeError(f"no profile: {error}") from error


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode

_PLAIN = (
    "member_id", "weights", "event_count", "first_ms", "last_ms", "last_id", "page_count",
    "last_page", "off", "ceiling", "own_actions", "own_kids",
)  # fmt: skip
#: Sections by item of which each entry is one number.
_BY_ITEM = ("finished", "listed", "hidden", "fatigue", "removed", "dwell")
_TASTES = ("genres", "tags", "people", "pictures", "looked")
_COUNTS = ("tired_rows", "tired_pictures")
_NUMBERED = ("muted", "reset", "places")


def _packed(profile: Profile) -> list[Any]:
    index: dict[str, int] = {}
    recent = profile.recent
    columns = pack_recents(recent if isinstance(recent, Recents) else Recents.of(recent), index)

    def places(ids: Any) -> bytes:
        return pack_numbers("H", [index.setdefault(name, len(index)) for name in ids])

    rest: list[Any] = [places(profile.watching), places(profile.thumbs), places(profile.last_order)]
    rest.append(pack_numbers("I", (n for watch in profile.watching.values() for n in watch)))
    rest.append(bytes(value + 128 for value, _ in profile.thumbs.values()))
    rest.append(pack_numbers("I", (at for _, at in profile.thumbs.values())))
    for name in _BY_ITEM:
        section = getattr(profile, name)
        rest += [places(section), pack_numbers(_width(name), section.values())]
    visit = profile.visit
    last = [visit.last_item] if visit.last_item else []
    rest.append(places([name for name, _ in visit.held] + last))
    rest.append([*msgspec.structs.astuple(visit)[:5], visit.actions, visit.kids_actions,
                 visit.kids, visit.depth, visit.passed, visit.scrolls, visit.speed,
                 [moved for _, moved in visit.held]])  # fmt: skip
    for name in _TASTES:
        section = getattr(profile, name)
        rest += [list(section), pack_tastes(section)]
    for name in _COUNTS:
        section = getattr(profile, name)
        rest += [list(section), bytes(section.values())]
    for name in _NUMBERED:
        section = getattr(profile, name)
        rest += [list(section), pack_numbers("I", section.values())]
    for each in (profile.hours, profile.weekdays):
        rest += [list(each), pack_numbers("H", (n for counts in each.values() for n in counts))]
    rest += [[text for text, _ in profile.searches],
             pack_numbers("I", (at for _, at in profile.searches))]  # fmt: skip
    rest += [profile.visitors, pack_numbers("H", profile.sittings)]
    plain = [getattr(profile, name) for name in _PLAIN]
    return [*plain, pack_ids(tuple(index)), *columns, *rest]


def _width(name: str) -> str:
    return {"fatigue": "B", "dwell": "H"}.get(name, "I")


def _unpacked(packed: list[Any]) -> Profile:
    fields: dict[str, Any] = dict(zip(_PLAIN, packed, strict=False))
    take = iter(packed[len(_PLAIN) :]).__next__
    ids = unpack_ids(take())
    fields["recent"] = unpack_recents(take(), take(), take(), take(), take(), ids)

    def named() -> list[str]:
        return [ids[place] for place in unpack_numbers("H", take())]

    watching, thumbs, fields["last_order"] = named(), named(), tuple(named())
    numbers = iter(unpack_numbers("I", take()))
    watches = map(Watch, numbers, numbers, numbers)
    fields["watching"] = dict(zip(watching, watches, strict=True))
    values = [value - 128 for value in take()]
    said = zip(values, unpack_numbers("I", take()), strict=True)
    fields["thumbs"] = dict(zip(thumbs, said, strict=True))
    for name in _BY_ITEM:
        fields[name] = dict(zip(named(), unpack_numbers(_width(name), take()), strict=True))
    held = named()
    *of_visit, moved = take()
    last_item = held.pop() if len(held) > len(moved) else ""
    taken = tuple(zip(held, moved, strict=True))
    fields["visit"] = Visit(*(*of_visit[:5], last_item, *of_visit[5:], taken))
    for name in _TASTES:
        fields[name] = unpack_tastes(take(), take())
    for name in _COUNTS:
        fields[name] = dict(zip(take(), take(), strict=True))
    for name in _NUMBERED:
        fields[name] = dict(zip(take(), unpack_numbers("I", take()), strict=True))
    for name, size in (("hours", 24), ("weekdays", 7)):
        devices, counts = take(), unpack_numbers("H", take())
        rows = (counts[at * size : (at + 1) * size] for at in range(len(devices)))
        fields[name] = dict(zip(devices, rows, strict=True))
    texts, times = take(), unpack_numbers("I", take())
    fields["searches"] = tuple(zip(texts, times, strict=True))
    fields["visitors"] = take()
    fields["sittings"] = tuple(unpack_numbers("H", take()))
    return Profile(**fields)


def taste_at(tastes: Mapping[str, int], at_ms: int) -> dict[str, float]:
    """Return tastes as weights decayed to ``at_ms`` (1.0 is about one fresh play)."""
    years = max(-900.0, min((at_ms - EPOCH_MS) / HALF_LIFE_MS, 900.0))
    scale = TASTE_UNIT * 2.0**years
    return {name: value / scale for name, value in tastes.items()}
