"""The episodes of the world's series, as items of their own that are reached through them."""

from __future__ import annotations

import numpy as np

from pasand.domain.catalog import Item
from pasand.domain.ids import stable_seed
from pasand.world.words import TITLE_WORDS

__all__ = ["episodes_of"]

EPISODE_COUNT_MIN, EPISODE_COUNT_MAX = 4, 10
LONGEST_SEASON = 6
_SYNOPSES = (
    "A visitor brings news that nobody wanted.",
    "The plan holds until supper.",
    "An old photograph changes hands.",
    "Someone finally says it out loud.",
    "The weather turns, and so do the neighbours.",
    "A door that was always locked stands open.",
    "Two stories of the same night do not agree.",
    "A promise comes due earlier than expected.",
    "The quietest of them takes the lead.",
    "A journey of an hour takes all day.",
    "Everything is ready, except the truth.",
    "What was lost turns up in the wrong place.",
    "A guest outstays a welcome, with reason.",
    "The last train leaves, and not everyone is on it.",
)


def episodes_of(series: Item) -> list[Item]:
    """Return 4 to 10 episodes of one series, in two seasons where they are many."""
    rng = np.random.default_rng(stable_seed("episodes", series.item_id, series.title))
    count = int(rng.integers(EPISODE_COUNT_MIN, EPISODE_COUNT_MAX + 1))
    first_season = count if count <= LONGEST_SEASON else (count + 1) // 2
    nouns = TITLE_WORDS[series.genres[0]][1] + TITLE_WORDS[""][1]
    own = [f"The {noun}" for noun in dict.fromkeys(nouns)]
    names = [own[int(i)] for i in rng.choice(len(own), count, replace=False)]
    lines = [_SYNOPSES[int(i)] for i in rng.choice(len(_SYNOPSES), count, replace=False)]
    episodes = []
    for k in range(count):
        season, number = (1, k + 1) if k < first_season else (2, k + 1 - first_season)
        episodes.append(
            Item(
                item_id=f"{series.item_id}.s{season}e{number:02d}",
                title=names[k],
                type="episode",
                genres=series.genres,
                tags=series.tags,
                people=series.people,
                year=series.year,
                maturity=series.maturity,
                released_ms=series.released_ms,
                available_from_ms=series.available_from_ms,
                available_until_ms=series.available_until_ms,
                regions=series.regions,
                runtime_minutes=(series.runtime_minutes or 45.0) + float(rng.integers(-3, 4)),
                synopsis=lines[k],
                language=series.language,
                series_id=series.item_id,
                season=season,
                episode=number,
            )
        )
    return episodes
