"""A member's corrections: an item taken out of the history leaves no trace, a muted genre goes."""

from __future__ import annotations

from pasand.adapters.memory import MemoryStore
from pasand.domain.catalog import ItemFacts
from pasand.domain.events import Event
from pasand.domain.fold import fold
from pasand.domain.profile import Profile
from pasand.flows.keepers import ProfileKeeper

FACTS = {"a": ItemFacts(genres=("Drama",)), "b": ItemFacts(genres=("Horror",), tags=("night",))}


def did(number: int, kind: str, item_id: str = "", **payload: object) -> Event:
    return Event(
        event_id=f"e{number}",
        kind=kind,
        occurred_ms=1_700_000_000_000 + number * 1000,
        member_id="m",
        item_id=item_id,
        payload=payload,
    )


def keeper(store: MemoryStore) -> ProfileKeeper:
    return ProfileKeeper(store, store, FACTS.get)


def test_a_removed_item_leaves_no_trace_of_what_came_before() -> None:
    before = [did(1, "play_start", "a"), did(2, "thumb", "b", value=2), did(3, "play_start", "b")]
    removal = did(4, "history_removed", "b")
    store = MemoryStore()
    live = keeper(store)
    store.append(before)
    assert "Horror" in live.get("m")[1].genres
    store.append([removal])
    _, profile = live.get("m")
    assert profile.genres.keys() == {"Drama"} and not profile.tags and not profile.thumbs
    assert [entry.item_id for entry in profile.recent] == ["a"]
    assert profile.encode() == keeper(store).get("m")[1].encode()


def test_what_comes_after_a_removal_counts_again() -> None:
    store = MemoryStore()
    store.append([did(1, "play_start", "b"), did(2, "history_removed", "b")])
    live = keeper(store)
    assert not live.get("m")[1].recent
    store.append([did(3, "play_start", "b")])
    assert [entry.at_s for entry in live.get("m")[1].recent] == [1_700_000_003]
    # A late event from before the removal stays removed, whatever order they arrive in.
    store.append([did(0, "play_start", "b")])
    assert [entry.at_s for entry in live.get("m")[1].recent] == [1_700_000_003]


def test_tastes_are_reset_and_muted_in_their_order() -> None:
    events = [
        did(1, "complete", "b"),
        did(2, "taste_set", reset=["genre:Horror"], mute=["genre:Horror", "tag:night"]),
        did(3, "taste_set", unmute=["tag:night"]),
    ]
    profile = fold(Profile(member_id="m"), events, FACTS.get)
    assert "Horror" not in profile.genres and profile.tags
    assert list(profile.muted) == ["genre:Horror"]
