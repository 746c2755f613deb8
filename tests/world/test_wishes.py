"""Goal: wishes follow true tastes, of titles that the member may see and has not had."""

from __future__ import annotations

import numpy as np

from pasand.world.truth import make_world
from pasand.world.wishes import wishes

NOW_MS = 1_790_000_000_000
WORLD = make_world(3, NOW_MS, 200, 120)


def wished(member: int, *had: str, seed: int = 1, count: int = 5) -> list[str]:
    return wishes(WORLD, member, had, "tv", 20, NOW_MS, count, seed)


def test_wishes_are_titles_that_the_member_likes_more_than_most() -> None:
    truth = WORLD.truth
    above = [
        (truth.affinity[member] < truth.affinity[member, truth.position[title]]).mean()
        for member in range(60)
        for title in wished(member)
    ]
    assert np.mean(above) > 0.75


def test_what_was_had_or_may_not_be_seen_is_not_wished() -> None:
    first = wished(0, count=40)
    assert len(first) == len(set(first)) == 40
    assert not set(wished(0, *first, count=200)) & set(first)
    for member in WORLD.members:
        open_to = WORLD.truth.may_see(
            member.member.maturity_ceiling, member.member.country, NOW_MS, NOW_MS
        )
        places = [WORLD.truth.position[title] for title in wished(member.index)]
        assert open_to[places].all()


def test_a_wish_is_the_same_for_the_same_seed() -> None:
    assert wished(4) == wished(4) != wished(4, seed=2)
