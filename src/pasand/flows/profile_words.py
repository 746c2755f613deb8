"""What is known of a member, in words a person understands and as named lists.

Nothing is inferred here: every sentence restates what the profile holds. Titles come from the
catalogue; one above the member's ceiling is counted but not named. Texts are English. Times are
told in the member's own zone; the same profile at the same moment gives the same words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pasand.domain.catalog import Item
from pasand.domain.labels import disliked, liked, skipped
from pasand.domain.member import Member
from pasand.domain.profile import ALL_PICTURES, RECENT_CODES, Profile, Recent, Watch, taste_at
from pasand.domain.times import write_time
from pasand.domain.zones import zone
from pasand.flows.plain_words import (
    DAYS,
    counted,
    date_words,
    is_or_are,
    listed,
    minutes_words,
    part_of_day,
    strength_words,
    told_time,
)

__all__ = ["Words", "listed", "told_time"]

Json = dict[str, Any]

_CAUSE_COUNT = 3

_DID = {
    "play": "watched", "complete": "watched to the end", "abandon": "stopped early",
    "thumb": "rated", "rating": "rated", "list": "put on your list", "view": "looked at",
    "cart": "put in the cart", "purchase": "bought", "return": "sent back",
    "search_click": "found by searching",
}  # fmt: skip
_HISTORY = ("play", "complete", "abandon", "view", "purchase", "return", "rating")
_DEVICES = {
    "tv": "on the TV", "phone": "on a phone", "tablet": "on a tablet",
    "desktop": "on a computer", "other": "on another device",
}  # fmt: skip
_OCCASION_WORDS = {
    "because": "Because you watched", "trending": "Trending now", "top_ten": "Top 10",
    "new": "New on the service", "seasonal": "Seasonal rows",
}  # fmt: skip
_WEEK_MS = 7 * 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Tells one profile. ``find`` gives an item by its id; ``at_ms`` is the moment of telling."""

    profile: Profile
    member: Member
    find: Callable[[str], Item | None]
    at_ms: int

    def told(self) -> Json:
        """Return everything as JSON values: ``text`` in sentences, the rest as named lists."""
        history = self.history()
        tastes = {
            "genres": self._tastes("genre", self.profile.genres),
            "tags": self._tastes("tag", self.profile.tags),
            "people": self._tastes("person", self.profile.people),
        }
        habits = self._habits()
        lists = {
            "liked": self._thumbed(lambda value: value > 0),
            "disliked": self._thumbed(lambda value: value < 0),
            "hidden_titles": self._dated(self.profile.hidden),
            "on_list": self._dated(self.profile.listed),
            "watching": self._watching(),
            "passed_by": self._passed_by(),
        }
        return {
            "name": self.member.name or self.member.member_id,
            "text": self._sentences(history, tastes, habits, lists),
            **tastes,
            "pictures": self._picture_tastes(),
            **lists,
            "history": history,
            "habits": habits,
            "searches": [text for text, _ in reversed(self.profile.searches)],
            "muted": list(self.profile.muted),
            "muted_words": [self._muted(name) for name in reversed(self.profile.muted)],
            "learning": self.member.learned_from,
            "not_named": self._not_named(),
            "oldest": write_time(1000 * self._oldest_s()) if self._oldest_s() else None,
        }

    def history(self) -> list[Json]:
        """Return what the member took, newest first, one entry a title."""
        found: dict[str, Json] = {}
        for entry in reversed(self.profile.recent):
            what = RECENT_CODES[entry.code]
            if what in _HISTORY and entry.item_id not in found:
                shown = self._shown(entry.item_id)
                if shown is not None:
                    found[entry.item_id] = {**shown, **self._when(entry.at_s), "did": _DID[what]}
        for item_id, at_s in reversed(self.profile.finished.items()):
            shown = self._shown(item_id)
            if shown is not None:
                older = found.setdefault(item_id, {**shown, **self._when(at_s)})
                older["did"] = _DID["complete"]
        for item_id, watch in reversed(self.profile.watching.items()):
            shown = self._shown(item_id)
            if shown is not None:
                begun = found.setdefault(item_id, {**shown, **self._when(watch.at_s)})
                begun["did"] = _DID["play"]
                begun["progress"] = _share(watch)
        return sorted(found.values(), key=lambda entry: entry["at"], reverse=True)

    # Titles

    def _named(self, item_id: str) -> Item | None:
        """Return an item that this member may be told of."""
        item = self.find(item_id)
        return item if item and item.maturity <= self.member.maturity_ceiling else None

    def _shown(self, item_id: str) -> Json | None:
        """Return id and title; None above the ceiling, a plain word for a title that is gone."""
        item = self.find(item_id)
        if item is None:
            return {"item_id": item_id, "title": "A title no longer on the service"}
        if item.maturity > self.member.maturity_ceiling:
            return None
        return {"item_id": item_id, "title": item.title}

    def _not_named(self) -> int:
        """Return how many known titles are above the ceiling."""
        profile = self.profile
        ids = {entry.item_id for entry in profile.recent}
        ids |= {*profile.finished, *profile.watching, *profile.thumbs, *profile.listed}
        ids |= {*profile.hidden, *profile.fatigue}
        items = map(self.find, ids)
        return sum(i is not None and i.maturity > self.member.maturity_ceiling for i in items)

    def _dated(self, section: Mapping[str, int]) -> list[Json]:
        entries = ((self._shown(item_id), at_s) for item_id, at_s in reversed([*section.items()]))
        return [{**shown, **self._when(at_s)} for shown, at_s in entries if shown is not None]

    def _thumbed(self, wanted: Callable[[int], bool]) -> list[Json]:
        thumbs = {i: (value, at_s) for i, (value, at_s) in self.profile.thumbs.items()}
        found = self._dated({i: at_s for i, (value, at_s) in thumbs.items() if wanted(value)})
        for entry in found:
            entry["much"] = thumbs[entry["item_id"]][0] == 2
        return found

    def _watching(self) -> list[Json]:
        found = []
        for item_id, watch in reversed(self.profile.watching.items()):
            shown = self._shown(item_id)
            if shown is not None:
                words = minutes_words(watch.position_s)
                if watch.duration_s:
                    words += f" of {minutes_words(watch.duration_s)}"
                found.append({**shown, **self._when(watch.at_s), "progress": _share(watch),
                              "position_s": watch.position_s, "duration_s": watch.duration_s,
                              "words": words})  # fmt: skip
        return found

    def _passed_by(self) -> list[Json]:
        often = {i: n for i, n in self.profile.fatigue.items() if skipped(n)}
        order = sorted(often, key=lambda item_id: (-often[item_id], item_id))
        entries = ((self._shown(item_id), often[item_id]) for item_id in order)
        return [{**shown, "times": count} for shown, count in entries if shown is not None]

    # Tastes

    def _tastes(self, facet: str, tastes: Mapping[str, int]) -> list[Json]:
        """Return tastes from the strongest liking to the strongest dislike."""
        now = taste_at(tastes, self.at_ms)
        top = max(now.values(), default=0.0)
        liked, disliked = self._causes(facet)
        told = []
        for name in sorted(now, key=lambda word: (-now[word], word)):
            causes = (liked if now[name] >= 0 else disliked).get(name, [])
            told.append({
                "name": name,
                "strength": round(now[name], 2),
                "words": strength_words(now[name], top),
                "because": causes[:_CAUSE_COUNT],
                "muted": f"{facet}:{name}" in self.profile.muted,
            })  # fmt: skip
        return told

    def _picture_tastes(self) -> list[Json]:
        """Return what pictures show that the member picks, strongest first."""
        now = taste_at(self.profile.pictures, self.at_ms)
        now.pop(ALL_PICTURES, None)
        top = max(now.values(), default=0.0)
        return [
            {"name": name, "strength": round(now[name], 2), "words": strength_words(now[name], top)}
            for name in sorted(now, key=lambda word: (-now[word], word))
        ]

    def _causes(self, facet: str) -> tuple[dict[str, list[Json]], dict[str, list[Json]]]:
        """Return the titles behind each word, newest first: those for it, and those against."""
        liked: dict[str, list[Json]] = {}
        disliked: dict[str, list[Json]] = {}
        signs: dict[str, int] = dict.fromkeys(self.profile.hidden, -1)
        for entry in reversed(self.profile.recent):
            signs.setdefault(entry.item_id, _sign(entry))
        for item_id, sign in signs.items():
            item = self._named(item_id)
            if item is None or not sign:
                continue
            words = {"genre": item.genres, "tag": item.tags, "person": item.people}[facet]
            for word in words:
                into = liked if sign > 0 else disliked
                into.setdefault(word, []).append({"item_id": item_id, "title": item.title})
        return liked, disliked

    def _muted(self, name: str) -> Json:
        facet, _, word = name.partition(":")
        said = _OCCASION_WORDS.get(word, word) if facet == "occasion" else word
        return {"name": name, "facet": facet, "words": said}

    # Times

    def _local(self, at_ms: int) -> datetime:
        return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone(self.member.time_zone))

    def _when(self, at_s: int) -> Json:
        return {"at": write_time(at_s * 1000), "when": self.when(at_s * 1000)}

    def when(self, at_ms: int) -> str:
        """Return a moment in words: "on Friday evening", "on 3 March 2025"."""
        then, now = self._local(at_ms), self._local(self.at_ms)
        return told_time(then, now, near=abs(self.at_ms - at_ms) < _WEEK_MS)

    def _oldest_s(self) -> int:
        profile = self.profile
        times = [entry.at_s for entry in profile.recent] + [at for _, at in profile.searches]
        times += [watch.at_s for watch in profile.watching.values()]
        times += [at_s for _, at_s in profile.thumbs.values()]
        for section in (profile.finished, profile.listed, profile.hidden, profile.muted):
            times += section.values()
        return min(times, default=0)

    def _habits(self) -> list[Json]:
        """Return when and on what, the most used device first."""
        counts = {device: sum(hours) for device, hours in self.profile.hours.items()}
        total = sum(counts.values())
        habits = []
        for device in sorted(counts, key=lambda name: (-counts[name], name)):
            hours = self.profile.hours[device]
            days = self.profile.weekdays.get(device, ())
            busiest = max(range(24), key=lambda hour: hours[hour] + hours[hour - 1])
            weekday = DAYS[max(range(7), key=lambda day: days[day])] if any(days) else None
            habits.append({
                "device": device,
                "words": _DEVICES.get(device, f"on {device}"),
                "share": round(counts[device] / total, 2) if total else 0.0,
                "part_of_day": part_of_day(busiest),
                "weekday": weekday,
                "hours": list(hours),
            })  # fmt: skip
        return habits

    # Sentences

    def _sentences(
        self, history: list[Json], tastes: Json, habits: list[Json], lists: Json
    ) -> list[str]:
        said = [self._opening(history), self._likings(tastes), self._aversions(tastes)]
        said += [self._habit_words(habits), self._lists_words(lists), self._left_out(lists)]
        said.append(
            "We learn from what you do."
            if self.member.learned_from
            else "Learning is switched off: your pages are the ones everybody gets."
        )
        visit = self.profile.visit_at(self.at_ms)
        if visit is not None and visit.kids:
            said.append("This visit looks like a child’s, so it does not count as your taste.")
        oldest = self._oldest_s()
        if oldest:
            said.append(
                f"The oldest thing we remember is from {date_words(self._local(oldest * 1000))}."
            )
        hidden = self._not_named()
        if hidden:
            titles = counted(hidden, "title")
            said.append(f"{titles} above the age limit {is_or_are(hidden)} left unnamed.")
        return [sentence for sentence in said if sentence]

    def _opening(self, history: list[Json]) -> str:
        if not history:
            return "Nothing is known of what you watch yet."
        last = history[0]
        return f"You watched {counted(len(history), 'title')}; the last was {last['title']} " \
               f"{last['when']}."  # fmt: skip

    def _likings(self, tastes: Json) -> str:
        words = {"genres": "You like {}", "tags": "themes such as {}", "people": "titles with {}"}
        parts = []
        for facet, phrase in words.items():
            strong = [taste["name"] for taste in tastes[facet] if _speaks(taste, 0.5)][:3]
            if strong:
                parts.append(phrase.format(listed(strong)))
        if not parts:
            return ""
        joined = "; ".join(parts)
        return f"{joined[:1].upper()}{joined[1:]}."

    def _aversions(self, tastes: Json) -> str:
        against = [t for t in reversed(tastes["genres"]) if t["words"] == "not for you"]
        names = [taste["name"] for taste in against if not taste["muted"]][:3]
        return f"{listed(names)} {is_or_are(len(names))} not for you." if names else ""

    def _habit_words(self, habits: list[Json]) -> str:
        if not habits:
            return ""
        first = habits[0]
        day = f", most of all on {first['weekday']}s" if first["weekday"] else ""
        return f"You usually watch {first['words']} {first['part_of_day']}{day}."

    def _lists_words(self, lists: Json) -> str:
        parts = []
        for name, words in (
            ("liked", "liked {}"), ("disliked", "gave a thumb down to {}"),
            ("hidden_titles", "hid {}"), ("on_list", "have {} on your list"),
            ("watching", "have {} unfinished"),
        ):  # fmt: skip
            if lists[name]:
                parts.append(words.format(counted(len(lists[name]), "title")))
        return f"You {listed(parts)}." if parts else ""

    def _left_out(self, lists: Json) -> str:
        parts = []
        if self.profile.muted:
            muted = [self._muted(name)["words"] for name in self.profile.muted]
            parts.append(f"You muted {listed(muted)}.")
        passed = [entry["title"] for entry in lists["passed_by"]][:3]
        if passed:
            parts.append(f"Your page shows {listed(passed)} less, because you passed "
                         f"{'it' if len(passed) == 1 else 'them'} by.")  # fmt: skip
        return " ".join(parts)


def _speaks(taste: Json, least: float) -> bool:
    """Return whether a taste is worth a word among the likings."""
    return taste["strength"] >= least and not taste["muted"]


def _sign(entry: Recent) -> int:
    """Return whether a recent entry speaks for its title, against it, or neither."""
    what = RECENT_CODES[entry.code]
    if what in ("abandon", "return"):
        return -1
    if what == "thumb":
        return (entry.value > 0) - (entry.value < 0)
    if what == "rating":
        stars = entry.value / 10
        return int(liked(stars)) - int(disliked(stars))
    return 0 if what == "search_click" else 1


def _share(watch: Watch) -> float | None:
    return round(min(1.0, watch.position_s / watch.duration_s), 3) if watch.duration_s else None
