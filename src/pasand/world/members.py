"""The built-in world's members: accounts, and the hidden tastes that drive what members do.

Everything but ``WorldMember.member`` is known to the world alone and never reaches the engine.
How a taste becomes an act is in ``behaviour``; nothing here looks at a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.ids import stable_seed
from pasand.domain.member import Member
from pasand.world.member_names import COUNTRIES, FACES, Face
from pasand.world.scenes import FIGURE_COUNT_MAX, MOODS, OBJECTS, SETTINGS
from pasand.world.titles import Title

__all__ = ["LATENT_SIZE", "PICTURE_FACTS", "Rhythm", "WorldMember", "latent_of", "make_members"]

LATENT_SIZE = 8
KIDS_GENRES = ("Family", "Animation", "Adventure", "Comedy", "Music", "Fantasy")
_COUNTS = tuple(f"figures:{count}" for count in range(FIGURE_COUNT_MAX + 1))
#: What tastes in pictures are about, in the order of ``WorldMember.picture_taste``.
PICTURE_FACTS = (*MOODS, *SETTINGS, *_COUNTS, *OBJECTS)

#: When a device is used: (hour of the peak, width in hours, weight), several peaks a day.
_PEAKS = {
    "phone": ((8.0, 1.6, 1.0), (13.0, 1.2, 0.6), (22.5, 1.5, 0.5)),
    "tablet": ((17.0, 2.5, 0.7), (21.0, 1.6, 1.0)),
    "desktop": ((12.5, 2.0, 0.6), (19.0, 2.5, 1.0)),
    "tv": ((20.5, 1.7, 1.0), (15.0, 2.0, 0.25)),
}
_DEVICE_SHARE = {"tv": 3.0, "phone": 2.4, "desktop": 1.4, "tablet": 0.8}
_HOUSEHOLD_SIZE = ((1, 2, 3, 4), (0.3, 0.33, 0.2, 0.17))


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When one device is used: its share of the visits, weights by local hour and weekend."""

    device: str
    share: float
    hours: NDArray[np.float64]
    weekend: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldMember:
    """A member with everything that the engine has to find out.

    ``attention_span`` 1 is the member whom ``behaviour.attention`` describes; ``fatigue`` is what
    one more seeing of an unplayed title costs; ``patience`` how many failed visits in a row are
    borne; ``visits_per_day`` the activity; ``picture_taste`` runs over PICTURE_FACTS.
    """

    member: Member
    index: int
    persona: str
    genre_taste: Mapping[str, float]
    tag_taste: Mapping[str, float]
    person_taste: Mapping[str, float]
    latent: NDArray[np.float64]
    picture_taste: NDArray[np.float64]
    rhythms: tuple[Rhythm, ...]
    morning_short: float
    attention_span: float
    fatigue: float
    visits_per_day: float
    patience: int
    thumb_rate: float
    rating_rate: float
    list_rate: float
    search_rate: float


def latent_of(seed: int, word: str) -> NDArray[np.float64]:
    """Return the hidden direction of a genre or mood, shared by titles and members."""
    rng = np.random.default_rng(stable_seed("latent", seed, word))
    return rng.normal(0.0, 1.0 / np.sqrt(LATENT_SIZE), LATENT_SIZE)


def make_members(
    seed: int, titles: Sequence[Title], member_count: int = 2000
) -> tuple[WorldMember, ...]:
    """Return the world's members; the first eight are unlike each other, as long as they fit."""
    rng = np.random.default_rng(stable_seed("members", seed))
    maker = _Maker(rng, seed, titles)
    made = [maker.face(face) for face in FACES[:member_count]]
    while len(made) < member_count:
        made.extend(maker.household(member_count - len(made)))
    return tuple(made)


class _Maker:
    """Makes one household after another; holds what is counted on."""

    def __init__(self, rng: np.random.Generator, seed: int, titles: Sequence[Title]) -> None:
        self._rng = rng
        self._seed = seed
        self._count = 0
        self._account = max(face.account for face in FACES)
        self._titles = titles
        genres = [title.item.genres[0] for title in titles if title.item.genres]
        self._genres = tuple(sorted({g for title in titles for g in title.item.genres}))
        weight = np.array([1.0 + genres.count(name) for name in self._genres])
        self._genre_weight = weight / weight.sum()
        self._tags = tuple(sorted({tag for title in titles for tag in title.item.tags}))
        self._people = tuple(sorted({p for title in titles for p in title.item.people}))
        self._countries = tuple(COUNTRIES)

    def face(self, face: Face) -> WorldMember:
        member = self._member(
            face.name, face.country, COUNTRIES[face.country].zones[0], face.account,
            face.maturity_ceiling,
        )  # fmt: skip
        tastes = self._genre_taste(face.likes, face.dislikes, 2.2)
        return self._finish(member, face.persona, tastes, 0.45)

    def household(self, count_max: int) -> list[WorldMember]:
        rng = self._rng
        self._account += 1
        sizes, share = _HOUSEHOLD_SIZE
        size = min(int(rng.choice(sizes, p=share)), count_max)
        weights = np.array([COUNTRIES[name].weight for name in self._countries])
        code = self._countries[int(rng.choice(len(weights), p=weights / weights.sum()))]
        country = COUNTRIES[code]
        zone_name = country.zones[int(rng.integers(len(country.zones)))]
        names = rng.choice(country.names, size, replace=False)
        made = []
        for k, name in enumerate(names):
            # The first of a household pays, so is grown up; the third and fourth are often not.
            is_kid = bool(k > 0 and rng.random() < (0.0, 0.22, 0.6, 0.6)[k])
            ceiling = int(rng.choice((7, 13))) if is_kid else 18
            member = self._member(str(name), code, zone_name, self._account, ceiling)
            made.append(self._anyone(member))
        return made

    def _member(self, name: str, code: str, zone_name: str, account: int, ceiling: int) -> Member:
        self._count += 1
        languages = COUNTRIES[code].languages
        return Member(
            member_id=f"m{self._count:04d}",
            account_id=f"a{account:04d}",
            name=name,
            kids=ceiling < 18,
            maturity_ceiling=ceiling,
            language=languages[int(self._rng.integers(len(languages)))],
            country=code,
            time_zone=zone_name,
        )

    def _anyone(self, member: Member) -> WorldMember:
        rng = self._rng
        weight = self._genre_weight.copy()
        if member.kids:
            weight *= [6.0 if name in KIDS_GENRES else 0.4 for name in self._genres]
        count = min(int(rng.integers(1, 4)), len(self._genres))
        order = rng.choice(len(self._genres), count, replace=False, p=weight / weight.sum())
        likes = tuple(self._genres[int(i)] for i in order)
        rest = [name for name in self._genres if name not in likes]
        dislikes = tuple(rng.choice(rest, min(2, len(rest)), replace=False)) if rest else ()
        tastes = self._genre_taste(likes, dislikes, float(rng.uniform(1.0, 2.0)))
        visits_per_day = float(np.clip(rng.lognormal(-1.75, 0.6), 0.03, 1.2))
        return self._finish(member, " and ".join(likes), tastes, visits_per_day)

    def _genre_taste(
        self, likes: Sequence[str], dislikes: Sequence[str], strength: float
    ) -> dict[str, float]:
        tastes = dict(zip(self._genres, self._rng.normal(0, 0.25, len(self._genres)), strict=True))
        tastes.update({name: strength for name in likes if name in tastes})
        tastes.update({str(name): -0.7 * strength for name in dislikes if name in tastes})
        return {name: float(value) for name, value in tastes.items()}

    def _some(self, names: Sequence[str], count: int, spread: float) -> dict[str, float]:
        count = min(count, len(names))
        chosen = self._rng.choice(len(names), count, replace=False)
        value = self._rng.normal(0.6, spread, count)
        return {names[int(i)]: float(v) for i, v in zip(chosen, value, strict=True)}

    def _finish(
        self, member: Member, persona: str, genre_taste: dict[str, float], visits_per_day: float
    ) -> WorldMember:
        rng = self._rng
        latent = rng.normal(0, 0.6, LATENT_SIZE)
        for name, value in genre_taste.items():
            latent += 0.35 * value * latent_of(self._seed, name)
        return WorldMember(
            member=member,
            index=self._count - 1,
            persona=persona,
            genre_taste=genre_taste,
            tag_taste=self._some(self._tags, 10, 0.8),
            person_taste=self._some(self._people, 12, 0.5),
            latent=latent,
            picture_taste=_picture_taste(rng),
            rhythms=_rhythms(rng),
            morning_short=float(rng.uniform(0.3, 1.4)),
            attention_span=float(rng.lognormal(0.0, 0.2)),
            fatigue=float(rng.uniform(0.05, 0.3)),
            visits_per_day=visits_per_day,
            patience=int(rng.integers(3, 8)),
            thumb_rate=float(rng.beta(1.2, 8.0)),
            rating_rate=float(rng.beta(1.0, 14.0)),
            list_rate=float(rng.beta(1.2, 12.0)),
            search_rate=float(rng.beta(1.2, 9.0)),
        )


def _picture_taste(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a few strong likes and dislikes: moods matter most, then figures and settings."""
    parts = ((len(MOODS), 0.8), (len(SETTINGS), 0.5), (len(_COUNTS), 0.6), (len(OBJECTS), 0.35))
    return np.concatenate([rng.normal(0, spread, count) for count, spread in parts])


def _rhythms(rng: np.random.Generator) -> tuple[Rhythm, ...]:
    names = tuple(_DEVICE_SHARE)
    share = rng.gamma(0.9 * np.array(list(_DEVICE_SHARE.values())))
    share = np.where(share < 0.12 * share.max(), 0.0, share)
    shift = float(rng.normal(0.0, 1.3))
    hour = np.arange(24)
    rhythms = []
    for name, part in zip(names, share / share.sum(), strict=True):
        if part <= 0:
            continue
        weight = np.full(24, 0.01)
        for peak, width, height in _PEAKS[name]:
            distance = (hour - peak - shift + 12) % 24 - 12
            weight += height * np.exp(-0.5 * (distance / width) ** 2)
        weekend = float(rng.uniform(0.5, 1.2) if name == "phone" else rng.uniform(1.0, 2.0))
        rhythms.append(Rhythm(name, float(part), weight / weight.sum(), weekend))
    return tuple(rhythms)
