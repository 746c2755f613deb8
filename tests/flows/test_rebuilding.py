"""Goal: profiles folded bit by bit, with late events and corrections between, follow from the log;
one that does not is found, and folded anew.
"""

from __future__ import annotations

import random

import pytest

from pasand.adapters.memory import MemoryStore
from pasand.domain.profile import Profile
from pasand.flows.keepers import CatalogKeeper, ProfileKeeper
from pasand.flows.rebuilding import Compared, compare_profiles
from pasand.testing import samples

KINDS = ("play_start", "complete", "thumb", "view", "history_removed")


def lived(seed: int) -> tuple[MemoryStore, CatalogKeeper]:
    """Return a store after a few hundred events in random order, with profiles kept along."""
    store, draw = MemoryStore(), random.Random(seed)
    store.append([samples.put_event(item) for item in samples.items(8)])
    items = CatalogKeeper(store)
    keeper = ProfileKeeper(store, store, items.facts)
    for n in range(200):
        kind = draw.choice(KINDS)
        event = samples.event(
            f"e{n}",
            kind,
            member_id=f"m{draw.randrange(3)}",
            item_id=f"i{draw.randrange(8)}",
            occurred_ms=samples.NOW_MS + draw.randrange(10**7),
            payload={"value": 1} if kind == "thumb" else {},
        )
        store.append([event])
        if draw.random() < 0.4:
            keeper.get(event.member_id)
        if draw.random() < 0.2:
            keeper.flush()
    keeper.flush()
    return store, items


@pytest.mark.parametrize("seed", range(8))
def test_what_was_kept_along_follows_from_the_log(seed: int) -> None:
    store, items = lived(seed)
    assert compare_profiles(store, store, items.facts) == Compared(equal=3)


def test_a_profile_that_does_not_follow_is_found_and_folded_anew() -> None:
    store, items = lived(1)
    stored = store.get("m1")
    assert stored is not None
    store.put({"m1": (stored[0], Profile(member_id="m1")), "gone": (9, Profile(member_id="gone"))})
    store.put({"nobody": (9, Profile(member_id="nobody", event_count=3))})
    found = compare_profiles(store, store, items.facts)
    assert found.differing == ["m1", "nobody"] and found.equal == 3
    keeper = ProfileKeeper(store, store, items.facts)
    keeper.renew(store.member_ids())
    assert store.get("nobody") is None, "a member without events has no profile"
    assert compare_profiles(store, store, items.facts) == Compared(equal=3)
