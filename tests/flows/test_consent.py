"""Goal: who did not agree to be learned from is not; profiles are current without a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conftest import Running
from pasand.domain.member import Member
from pasand.domain.profile import Profile
from pasand.flows.engine import PageRequest
from pasand.testing import samples


def test_without_consent_nothing_is_learned_and_the_page_is_everybodys(
    fresh: Callable[..., Running],
) -> None:
    engine = fresh().home.engine
    member = Member(member_id="m9", consent=False)
    personal, popular = engine.live.plans
    engine.put_member(member)
    later = {"member_id": "m9", "occurred_ms": engine.now_ms() + 1}
    engine.append([samples.event(f"e{n}", item_id=f"i{n}", **later) for n in range(5)])
    profile = engine.profiles.get("m9")[1]
    assert not profile.recent and not profile.genres and profile.off
    assert engine.page(PageRequest(member_id="m9")).page.plan == popular.version
    engine.put_member(replace(member, consent=True))
    engine.append([samples.event("e9", **{**later, "occurred_ms": engine.now_ms() + 2})])
    assert len(engine.profiles.get("m9")[1].recent) == 1
    assert engine.page(PageRequest(member_id="m9")).page.plan == personal.version


def test_a_tick_brings_profiles_up_to_date_and_stores_them(fresh: Callable[..., Running]) -> None:
    engine = fresh().home.engine
    engine.tick()
    engine.append([samples.event(f"e{n}", item_id=f"i{n}") for n in range(3)])
    page = engine.page(PageRequest(member_id="m1"))
    engine.stores.log.append([])
    engine.tick()
    offset, stored = engine.stores.profiles.get("m1") or (0, Profile(member_id="m1"))
    assert len(stored.recent) == 3
    assert stored.encode() == engine.profiles.get("m1")[1].encode()
    assert stored.last_page == page.page_id and offset == engine.stores.log.last_offset()
    assert stored.last_order[:1] == (page.query.catalog.item_ids[page.page.rows[0].position[0]],)
