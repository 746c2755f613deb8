"""The built-in world's catalogue: films, series with episodes, and the scenes of their pictures.

Everything follows from a seed. ``quality`` is the true appeal of a title: the world's members
feel it, the engine never reads it. Nothing is drawn here; ``draw`` does that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from pasand.domain.catalog import Artwork, Item
from pasand.domain.ids import stable_seed
from pasand.world.casting import Cast
from pasand.world.draw_colours import palette
from pasand.world.episodes import episodes_of
from pasand.world.scenes import FIGURE_COUNT_MAX, MOODS, SETTINGS, Scene, components_of
from pasand.world.synopses import SynopsisWriter
from pasand.world.words import (
    GENRES,
    LANGUAGES,
    OBJECTS_OF_SETTING,
    SETTING_OF_WORD,
    TAGS,
    TITLE_WORDS,
    Genre,
)

__all__ = ["Title", "make_episodes", "make_titles"]

DAY_MS = 86_400_000
REGIONS = ("IN", "US", "DE", "BR", "JP")
SERIES_SHARE = 1 / 3
REGIONAL_SHARE = 0.08
NEW_SHARE, LEAVING_SHARE = 0.10, 0.04
NEW_DAYS, LEAVING_DAYS = 60, 21
OLDEST_YEAR = 1985
_BEFORE_NOUN = ("After", "Beyond", "Under", "Past", "Beside")


@dataclass(frozen=True, slots=True)
class Title:
    """A title of the world: the item, its pictures as scenes, its true appeal, its main mood."""

    item: Item
    scenes: tuple[Scene, ...]
    quality: float
    mood: str


def make_titles(seed: int, now_ms: int, title_count: int = 600) -> tuple[Title, ...]:
    """Return the world's titles: the same for the same arguments, everywhere."""
    rng = np.random.default_rng(stable_seed("titles", seed))
    maker = _Maker(rng, seed, now_ms)
    titles = [maker.make(number) for number in range(1, title_count + 1)]
    films = (at for at, title in enumerate(titles) if title.item.type == "film")
    for at in islice(films, 1):
        titles[at] = _with_two_stars(titles[at])
    return tuple(titles)


def _with_two_stars(title: Title) -> Title:
    """Return a film with two pictures, each of one of its stars: who follows the one should see
    another picture than who follows the other.
    """
    artworks = tuple(
        replace(artwork, facts={"components": [*artwork.facts["components"], f"cast:{person}"]})
        for artwork, person in zip(title.item.artworks[:2], title.item.people[:2], strict=True)
    )
    item = replace(title.item, artworks=artworks)
    return replace(title, item=item, scenes=title.scenes[:2])


def make_episodes(titles: Iterable[Title]) -> tuple[Item, ...]:
    """Return 4 to 10 episodes for every series among ``titles``, in order."""
    series = (title.item for title in titles if title.item.type == "series")
    return tuple(episode for item in series for episode in episodes_of(item))


class _Maker:
    """Makes one title after another; holds what must not repeat."""

    def __init__(self, rng: np.random.Generator, seed: int, now_ms: int) -> None:
        self._rng = rng
        self._seed = seed
        self._now_ms = now_ms
        self._synopses = SynopsisWriter(rng)
        self._cast = Cast(rng)
        self._names: set[str] = set()
        self._weight = np.array([genre.weight for genre in GENRES.values()], float)
        self._weight /= self._weight.sum()
        language_weight = np.array([weight for weight, _ in LANGUAGES.values()], float)
        self._language_weight = language_weight / language_weight.sum()

    def make(self, number: int) -> Title:
        rng = self._rng
        item_id = f"t{number:04d}"
        genres = self._genres()
        genre = GENRES[genres[0]]
        mood = genre.moods[int(rng.choice(len(genre.moods), p=_falling(len(genre.moods))))]
        name = self._name(genres[0])
        scenes = self._scenes(item_id, name, genre, mood)
        language = list(LANGUAGES)[int(rng.choice(len(LANGUAGES), p=self._language_weight))]
        is_series = rng.random() < SERIES_SHARE
        available_ms, until_ms = self._window()
        year = self._year(available_ms)
        item = Item(
            item_id=item_id,
            title=name,
            type="series" if is_series else "film",
            genres=genres,
            tags=self._tags(genres, mood, scenes[0].setting),
            people=self._cast.choose(LANGUAGES[language][1], int(rng.integers(3, 7))),
            year=year,
            maturity=self._maturity(genres),
            released_ms=self._released_ms(year, available_ms),
            available_from_ms=available_ms,
            available_until_ms=until_ms,
            regions=self._regions(),
            runtime_minutes=self._runtime_minutes(genre, is_series),
            synopsis=self._synopses.write(genres[0]),
            language=language,
            artworks=_artworks(item_id, scenes),
        )
        return Title(item, scenes, float(rng.beta(2.4, 2.6)), mood)

    def _genres(self) -> tuple[str, ...]:
        names = list(GENRES)
        first = names[int(self._rng.choice(len(names), p=self._weight))]
        partners = GENRES[first].partners
        count = int(self._rng.choice(3, p=(0.25, 0.5, 0.25)))
        chosen = self._rng.choice(len(partners), count, replace=False, p=_falling(len(partners)))
        return (first, *(partners[int(i)] for i in chosen))

    def _name(self, genre: str) -> str:
        while True:
            name = self._compose_name(genre)
            words = name.split()
            if name not in self._names and len(set(words)) == len(words):
                self._names.add(name)
                return name

    def _compose_name(self, genre: str) -> str:
        own, shared = TITLE_WORDS[genre], TITLE_WORDS[""]
        adjective, noun, second = (
            self._pick(own[i] if self._rng.random() < 0.55 else shared[i]) for i in range(3)
        )
        pattern = self._rng.random()
        if pattern < 0.36:
            return f"{adjective} {second}"
        if pattern < 0.56:
            return f"The {adjective} {noun}"
        if pattern < 0.78:
            return f"{noun} {second}"
        if pattern < 0.90:
            return f"The {noun} {second}"
        return f"{self._pick(_BEFORE_NOUN)} the {self._pick(shared[1])}"

    def _scenes(self, item_id: str, name: str, genre: Genre, mood: str) -> tuple[Scene, ...]:
        """Return 3 to 5 scenes that share no setting, and vary mood, figures and object."""
        rng = self._rng
        count = int(rng.integers(3, 6))
        others = [m for m in genre.moods if m != mood] + [m for m in MOODS if m not in genre.moods]
        moods = [mood, *others[: count - 1]]
        named = [SETTING_OF_WORD[word] for word in name.split() if word in SETTING_OF_WORD]
        settings = [SETTINGS[i] for i in rng.permutation(len(SETTINGS))]
        if named:
            settings.sort(key=lambda setting: setting != named[0])
        figures = [int(i) for i in rng.permutation(FIGURE_COUNT_MAX + 1)]
        figures.append(int(rng.integers(1, FIGURE_COUNT_MAX + 1)))
        scenes: list[Scene] = []
        for k in range(count):
            taken = {scene.object for scene in scenes}
            free = [o for o in OBJECTS_OF_SETTING[settings[k]] if o not in taken]
            if figures[k] == 0 and "none" in free:
                free.remove("none")
            thing = self._pick(tuple(free) or OBJECTS_OF_SETTING[settings[k]][1:])
            number = stable_seed("scene", self._seed, item_id, k)
            scenes.append(Scene(moods[k], settings[k], figures[k], thing, number))
        return tuple(scenes)

    def _tags(self, genres: tuple[str, ...], mood: str, setting: str) -> tuple[str, ...]:
        suits = {genres[0]: 3.0, mood: 2.0, setting: 3.0}
        for genre in genres[1:]:
            suits[genre] = 1.5
        names = list(TAGS)
        weight = np.array([sum(suits.get(word, 0.0) for word in TAGS[n]) ** 1.5 for n in names])
        count = min(int(self._rng.integers(3, 7)), int((weight > 0).sum()))
        chosen = self._rng.choice(len(names), count, replace=False, p=weight / weight.sum())
        return tuple(names[int(i)] for i in chosen)

    def _maturity(self, genres: tuple[str, ...]) -> int:
        if genres[0] == "Family":
            return self._pick_age("Family")
        ages = [self._pick_age(genre) for genre in genres if genre != "Family"]
        age = max(ages)
        return min(age, 7) if "Family" in genres else age

    def _pick_age(self, genre: str) -> int:
        ages = GENRES[genre].ages
        return ages[int(self._rng.integers(len(ages)))]

    def _runtime_minutes(self, genre: Genre, is_series: bool) -> float:
        if is_series:
            return float(self._rng.choice((24, 28, 32, 42, 45, 48, 52, 56)))
        low, high = genre.runtime_minutes
        return float(self._rng.integers(low, high + 1))

    def _window(self) -> tuple[int, int | None]:
        """Return when a title came and, for the few that leave soon, when it goes."""
        kind = self._rng.random()
        if kind < NEW_SHARE:
            return self._now_ms - int(self._rng.integers(DAY_MS // 2, NEW_DAYS * DAY_MS)), None
        came_ms = self._now_ms - int(self._rng.integers(NEW_DAYS + 1, 4 * 365)) * DAY_MS
        if kind > 1 - LEAVING_SHARE:
            return came_ms, self._now_ms + int(self._rng.integers(1, LEAVING_DAYS + 1)) * DAY_MS
        return came_ms, None

    def _year(self, available_ms: int) -> int:
        newest = _year_of(available_ms)
        if available_ms > self._now_ms - NEW_DAYS * DAY_MS:
            return newest
        return max(OLDEST_YEAR, newest - int(self._rng.exponential(7.0)))

    def _released_ms(self, year: int, available_ms: int) -> int:
        if year == _year_of(available_ms):
            return available_ms
        first = np.datetime64(f"{year}-01-01", "ms").astype(np.int64)
        return int(first) + int(self._rng.integers(0, 365)) * DAY_MS

    def _regions(self) -> tuple[str, ...]:
        return (self._pick(REGIONS),) if self._rng.random() < REGIONAL_SHARE else ()

    def _pick(self, words: tuple[str, ...]) -> str:
        return words[int(self._rng.integers(len(words)))]


def _falling(count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    weight = 1.0 / np.arange(1, count + 1)
    return np.asarray(weight / weight.sum())


def _year_of(time_ms: int) -> int:
    return int(np.datetime64(time_ms, "ms").astype("datetime64[Y]").astype(int)) + 1970


def _artworks(item_id: str, scenes: tuple[Scene, ...]) -> tuple[Artwork, ...]:
    ids = [f"{item_id}.a{k}" for k in range(len(scenes))]
    return tuple(
        Artwork(
            artwork_id=artwork_id,
            file=f"{artwork_id}.jpg",
            palette=palette(scene),
            facts={"components": list(components_of(scene))},
        )
        for artwork_id, scene in zip(ids, scenes, strict=True)
    )
