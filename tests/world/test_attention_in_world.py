"""Goal: what the world's members take of shuffled pages shows where they look.

Rows are drawn at random here: on shuffled pages it does not matter what stands in them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from pasand.cli.demo_world import WORLD_NOW_MS
from pasand.cli.world_attention import shuffled_visits
from pasand.domain.catalog import Catalog
from pasand.domain.page import Page, Row
from pasand.domain.query import Query
from pasand.flows.attention import takes_in
from pasand.learning.attention import Take, learn_attention, plain_table
from pasand.stages.arrangers.stagewise import Config, StagewiseArranger
from pasand.stages.models import Models
from pasand.testing import samples
from pasand.world.behaviour import attention_table
from pasand.world.members import WorldMember
from pasand.world.truth import World, make_world


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(7, WORLD_NOW_MS)


def test_shuffled_pages_show_where_members_look(world: World) -> None:
    catalog = Catalog(title.item for title in world.titles)
    arranger = StagewiseArranger(Config(swap_share=1.0, explore_share=0.0), Models())
    rng = np.random.default_rng(1)

    def rows() -> list[Row]:
        places = rng.permutation(len(catalog))[: 6 * 8].reshape(6, 8).astype(np.int32)
        score = np.linspace(1, 0, 8, dtype=np.float32)
        artwork = {"artwork": np.full(8, -1, np.int16), "artwork_propensity": np.ones(8)}
        kinds = {"kind": "genre", "title": ""}
        return [
            Row(row_id=f"r{n}", position=at, score=score, **kinds, **artwork)
            for n, at in enumerate(places)
        ]

    def asked() -> Iterator[tuple[WorldMember, Query, Callable[[Query], Page]]]:
        for member in world.members[:40]:
            own = rows()
            query = samples.query(
                catalog, member_id=member.member.member_id, row_count=6, column_count=8
            )
            yield member, query, lambda asked, own=own: arranger(asked, own)  # type: ignore[misc]

    takes: dict[str, list[Take]] = {}
    for device, take in takes_in(shuffled_visits(world, asked(), 20, 1)):
        takes.setdefault(device, []).append(take)
    assert set(takes) == {"phone", "tablet", "desktop", "tv"}
    # So few visits show the slope; what many show stands in bench/README.md.
    for device, some in takes.items():
        truth = attention_table(device, 6, 6) / attention_table(device, 1, 1)[0, 0]
        learned = learn_attention(some, plain_table())[:6, :6]
        before = np.abs(plain_table(6, 6) - truth).mean()
        assert np.abs(learned - truth).mean() < 0.6 * before
