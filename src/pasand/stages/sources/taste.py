"""Items of the genres, themes and people that a member likes: works for items nobody took yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates
from pasand.domain.catalog import Ragged
from pasand.domain.profile import taste_at
from pasand.domain.query import Query
from pasand.stages.columns import best_positions, candidate_count, unit
from pasand.stages.models import Models

__all__ = ["Config", "TasteSource", "affinity"]


@dataclass(frozen=True, slots=True)
class Config:
    """``count``: items to propose at least; how much each facet counts."""

    count: int = 400
    genre: float = 1.0
    tag: float = 0.7
    person: float = 0.7


class TasteSource:
    """Column ``taste``: what the profile says of an item's facets, 0..1."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query) -> Candidates:
        """Propose the items that suit the member's tastes best."""
        catalog, profile = query.catalog, query.profile
        value = np.zeros(len(catalog))
        for name, weight, facet, tastes in (
            ("genre", self.config.genre, catalog.genre, profile.genres),
            ("tag", self.config.tag, catalog.tag, profile.tags),
            ("person", self.config.person, catalog.person, profile.people),
        ):
            if tastes:
                alike = catalog.memory("alike").get(name)
                if alike is None:
                    alike = catalog.memory("alike")[name] = alike_lists(facet)
                value += weight * affinity(facet, taste_at(tastes, query.at_ms), alike)
        position = best_positions(value, candidate_count(query, self.config.count))
        return Candidates(position, {"taste": unit(value[position])})


def affinity(
    facet: Ragged, tastes: Mapping[str, float], alike: AlikeLists | None = None
) -> NDArray[np.float64]:
    """Return for every item its taste: the sum over its names, in shares of the strongest taste,
    over the root of how many names it has, so that long lists do not win by length.

    ``alike`` saves counting for every item what is the same for all with the same names.
    """
    top = max(map(abs, tastes.values()), default=0.0)
    if not top:
        return np.zeros(len(facet.count))
    shares = {name: value / top for name, value in tastes.items()}
    if alike is None or not alike.worth_it:
        return facet.weigh(shares) / facet.root
    weight = np.zeros(len(facet.names))
    for name, share in shares.items():
        if name in facet.code:
            weight[facet.code[name]] = share
    owner, code = facet.pairs(alike.example)
    total = np.bincount(owner, weight[code], minlength=len(alike.example))
    return np.asarray((total / facet.root[alike.example])[alike.which])


@dataclass(frozen=True, slots=True)
class AlikeLists:
    """Which items have the same names: ``which`` list each item has, and an ``example`` of each.

    Genres make a few hundred different lists of 100,000 items; people make almost as many lists
    as there are items.
    """

    which: NDArray[np.int32]
    example: NDArray[np.int32]

    @property
    def worth_it(self) -> bool:
        """Whether there are few enough different lists."""
        return 8 * len(self.example) < len(self.which)


def alike_lists(facet: Ragged) -> AlikeLists:
    """Return the different lists of a facet, told apart by the sum of a random number a name."""
    number = np.random.default_rng(0).integers(0, 2**63, len(facet.names), np.uint64)
    ends = np.concatenate(([np.uint64(0)], np.cumsum(number[facet.value], dtype=np.uint64)))
    # Sums run over and around; differences are right all the same.
    told = ends[facet.start[1:]] - ends[facet.start[:-1]]
    _, example, which = np.unique(told, return_index=True, return_inverse=True)
    return AlikeLists(which.astype(np.int32), example.astype(np.int32))
