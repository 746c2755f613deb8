"""The artist: the picture of each title that suits this member, drawn with an exact probability.

What suits follows from the member's responses to what pictures are made of, from what components
and pictures have earned with everybody, and from how little is known of either. A picture stays
until it was seen often enough without an answer, or another is clearly better.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pasand.domain.page import Page
from pasand.domain.picture_looks import rounded_looks
from pasand.domain.query import Query
from pasand.stages.models import Models
from pasand.stages.picturing.chance import drawn, probabilities
from pasand.stages.picturing.gallery import Gallery, gallery_of, parts_of
from pasand.stages.picturing.judging import judged, looks_of_chosen, named, speaking
from pasand.stages.picturing.posterior import posterior_of
from pasand.stages.picturing.responses import Responses, responses_of
from pasand.stages.picturing.staying import held_pictures, stays
from pasand.stages.picturing.variety import crowded

__all__ = ["Config", "PersonalArtist"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Config:
    """``floor``: the share of a cell's chance spread evenly; ``boldness``: how far beliefs are
    drawn from their means, 1 for as far as they are uncertain; ``patience``: impressions without
    an answer before a picture may change; ``gain``: logits by which another must be better to
    take its place before that; ``shot_share``: of a page's cells that may have one shot size
    before it is held back by ``variety`` logits in every other cell; ``reason``: logits that a
    component must speak for a picture to be named.
    """

    floor: float = 0.03
    boldness: float = 0.25
    patience: int = 4
    gain: float = 0.5
    shot_share: float = 0.5
    variety: float = 0.4
    reason: float = 0.05


class PersonalArtist:
    """Chooses by a contextual policy, with the probability of every choice."""

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config

    def __call__(self, query: Query, page: Page) -> Page:
        """Return the page with the artwork of each cell, its propensity, and what suits."""
        if not page.rows:
            return page
        chance, gallery, responses, speaks = self.weighed(query, page)
        artwork, propensity = drawn(chance, query.rng("personal-artist"))
        parts = parts_of(query.catalog)
        looks = rounded_looks(looks_of_chosen(gallery, parts, responses, artwork))
        cause = named(gallery, speaks, artwork, self.config.reason)
        return _placed(page, artwork, propensity, looks, cause)

    def weighed(self, query: Query, page: Page) -> tuple[Floats, Gallery, Responses, Floats]:
        """Return the chance of each picture (cells x columns), the pictures themselves, what the
        member sees in them, and how far each word speaks to the member.
        """
        config, parts = self.config, parts_of(query.catalog)
        gallery = gallery_of(query, np.concatenate([row.position for row in page.rows]))
        responses = responses_of(query, parts)
        posterior = posterior_of(query.counters, query.catalog)
        speaks = speaking(parts, responses, posterior)
        said = judged(gallery, parts, responses, posterior, speaks)
        held, unanswered = held_pictures(query, gallery)
        stay = stays(held, unanswered, said.mean, gallery.open, config.patience, config.gain)
        fresh = gallery.open & (unanswered < config.patience)
        choices = np.where(fresh.any(axis=1, keepdims=True), fresh, gallery.open)
        choices[stay] = np.arange(choices.shape[1]) == held[stay, None]
        mean, back = said.mean, crowded(gallery, parts, said.mean, choices, config.shot_share)
        if back is not None:
            column = np.concatenate([np.arange(len(row)) + n for n, row in enumerate(page.rows)])
            mean = mean - config.variety * (back & (column[:, None] % 2 == 1))
        chance = probabilities(mean, config.boldness * said.spread, choices, config.floor)
        return chance, gallery, responses, speaks


def _placed(
    page: Page,
    artwork: NDArray[np.int16],
    propensity: Floats,
    looks: NDArray[np.int8],
    cause: NDArray[np.int32],
) -> Page:
    rows, start = [], 0
    for row in page.rows:
        cut = slice(start, start + len(row))
        rows.append(
            replace(
                row,
                artwork=artwork[cut],
                artwork_propensity=propensity[cut],
                looks=looks[cut],
                picture_cause=cause[cut],
            )
        )
        start = cut.stop
    return replace(page, rows=tuple(rows))
