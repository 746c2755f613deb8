"""The truth of the built-in world: titles and members as arrays, and who likes what.

Only the world's own members act on it; the engine never reads it. Titles' hidden vectors come
from genre and mood with noise, so there is more to find than genres say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.ids import stable_seed
from pasand.world.episodes import episodes_of
from pasand.world.members import (
    LATENT_SIZE,
    PICTURE_FACTS,
    WorldMember,
    latent_of,
    make_members,
)
from pasand.world.titles import Title, make_titles

__all__ = ["Truth", "World", "make_truth", "make_world"]

FAR_FUTURE_MS = 2**62
SHORT_MINUTES = 60.0
TASTE_WEIGHT = 1.7
QUALITY_WEIGHT = 0.7
_PARTS = {"genre": 0.75, "latent": 0.6, "tag": 0.35, "person": 0.3, "language": 0.3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Columns over titles, columns over artworks, and ``affinity`` of member x title.

    ``duration_s`` of a series is that of all its episodes. Artworks of title i are numbered
    ``artwork_start[i]`` to ``artwork_start[i + 1]``; ``picture`` holds their facts.
    """

    item_ids: tuple[str, ...]
    position: dict[str, int]
    runtime_s: NDArray[np.int64]
    duration_s: NDArray[np.int64]
    is_short: NDArray[np.bool_]
    maturity: NDArray[np.int64]
    available_from_ms: NDArray[np.int64]
    available_until_ms: NDArray[np.int64]
    sold_in: dict[str, NDArray[np.bool_]]
    artwork_ids: tuple[str, ...]
    artwork_position: dict[str, int]
    artwork_start: NDArray[np.int64]
    picture: NDArray[np.float32]
    affinity: NDArray[np.float32]

    def may_see(self, ceiling: int, country: str, from_ms: int, until_ms: int) -> NDArray[np.bool_]:
        """Return which titles may be shown under ``ceiling`` all the time between two moments."""
        sold = self.sold_in.get(country)
        mask = (
            (self.maturity <= ceiling)
            & (self.available_from_ms <= from_ms)
            & (self.available_until_ms > until_ms)
        )
        return mask & sold if sold is not None else mask


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """An invented streaming service with its members; ``now_ms`` is its present."""

    titles: tuple[Title, ...]
    members: tuple[WorldMember, ...]
    seed: int
    now_ms: int
    truth: Truth


def make_world(seed: int, now_ms: int, title_count: int = 600, member_count: int = 2000) -> World:
    """Return the world of a seed: the same for the same arguments, everywhere."""
    titles = make_titles(seed, now_ms, title_count)
    members = make_members(seed, titles, member_count)
    truth = make_truth(seed, titles, members)
    return World(titles=titles, members=members, seed=seed, now_ms=now_ms, truth=truth)


def make_truth(seed: int, titles: Sequence[Title], members: Sequence[WorldMember]) -> Truth:
    """Return the arrays behind ``titles`` and ``members``."""
    items = [title.item for title in titles]
    item_ids = tuple(item.item_id for item in items)
    runtime_s = np.array([int(60 * (item.runtime_minutes or 90)) for item in items], np.int64)
    part_count = [len(episodes_of(i)) if i.type == "series" else 1 for i in items]
    artwork_ids = tuple(a.artwork_id for item in items for a in item.artworks)
    countries = sorted({member.member.country for member in members})
    return Truth(
        item_ids=item_ids,
        position={item_id: p for p, item_id in enumerate(item_ids)},
        runtime_s=runtime_s,
        duration_s=runtime_s * np.array(part_count, np.int64),
        is_short=runtime_s < 60 * SHORT_MINUTES,
        maturity=np.array([item.maturity for item in items], np.int64),
        available_from_ms=np.array([i.available_from_ms or 0 for i in items], np.int64),
        available_until_ms=np.array(
            [
                FAR_FUTURE_MS if i.available_until_ms is None else i.available_until_ms
                for i in items
            ],
            np.int64,
        ),
        sold_in={
            code: np.array([not i.regions or code in i.regions for i in items], bool)
            for code in countries
        },
        artwork_ids=artwork_ids,
        artwork_position={artwork_id: p for p, artwork_id in enumerate(artwork_ids)},
        artwork_start=np.cumsum([0, *(len(item.artworks) for item in items)]),
        picture=_picture_facts(titles),
        affinity=_affinity(seed, titles, members),
    )


def _picture_facts(titles: Sequence[Title]) -> NDArray[np.float32]:
    at = {name: p for p, name in enumerate(PICTURE_FACTS)}
    scenes = [scene for title in titles for scene in title.scenes]
    facts = np.zeros((len(scenes), len(PICTURE_FACTS)), np.float32)
    for p, scene in enumerate(scenes):
        words = (scene.mood, scene.setting, f"figures:{scene.figure_count}", scene.object)
        facts[p, [at[word] for word in words]] = 1.0
    return facts


def _affinity(
    seed: int, titles: Sequence[Title], members: Sequence[WorldMember]
) -> NDArray[np.float32]:
    """Return how much each member likes each title, about N(0, TASTE² + QUALITY²)."""
    rng = np.random.default_rng(stable_seed("truth", seed))
    own = np.stack(
        [sum(latent_of(seed, w) for w in (*t.item.genres, t.mood)) for t in titles]
    ) + rng.normal(0, 1.0 / np.sqrt(LATENT_SIZE), (len(titles), LATENT_SIZE))
    parts = {
        "genre": _match(titles, members, lambda t: t.item.genres, lambda m: m.genre_taste),
        "latent": np.stack([m.latent for m in members]) @ own.T,
        "tag": _match(titles, members, lambda t: t.item.tags, lambda m: m.tag_taste),
        "person": _match(titles, members, lambda t: t.item.people, lambda m: m.person_taste),
        "language": _match(
            titles,
            members,
            lambda t: (t.item.language,),
            lambda m: {m.member.language: 1.0, "en": 0.5},
        ),
    }
    taste = np.sum([weight * _standard(parts[name]) for name, weight in _PARTS.items()], axis=0)
    quality = _standard(np.array([[title.quality for title in titles]]))
    return np.asarray(TASTE_WEIGHT * _standard(taste) + QUALITY_WEIGHT * quality, np.float32)


def _match(
    titles: Sequence[Title],
    members: Sequence[WorldMember],
    words_of: Callable[[Title], tuple[str, ...]],
    taste_of: Callable[[WorldMember], object],
) -> NDArray[np.float64]:
    """Return the taste of every member for the words of every title, scaled by their number."""
    at: dict[str, int] = {}
    for title in titles:
        for word in words_of(title):
            at.setdefault(word, len(at))
    has = np.zeros((len(at), len(titles)))
    for p, title in enumerate(titles):
        words = words_of(title)
        has[[at[word] for word in words], p] = 1.0 / np.sqrt(max(1, len(words)))
    weight = np.zeros((len(members), len(at)))
    for row, member in enumerate(members):
        tastes = taste_of(member)
        assert isinstance(tastes, dict)
        for word, value in tastes.items():
            if word in at:
                weight[row, at[word]] = value
    return weight @ has


def _standard(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each member's values with mean 0 and deviation 1 over the titles."""
    spread = values.std(axis=1, keepdims=True)
    centred = values - values.mean(axis=1, keepdims=True)
    return np.asarray(centred / np.where(spread > 1e-9, spread, 1.0))
