"""Goal: the members are the same for a seed, well formed, and unlike each other."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from pasand.domain.ids import check_id
from pasand.world.members import PICTURE_FACTS, make_members
from pasand.world.titles import make_titles

NOW_MS = 1_790_000_000_000
TITLES = make_titles(3, NOW_MS, 80)


def test_the_same_seed_gives_the_same_members() -> None:
    one, two = make_members(5, TITLES, 60), make_members(5, TITLES, 60)
    other = make_members(6, TITLES, 60)
    assert [m.member for m in one] == [m.member for m in two]
    assert all((a.latent == b.latent).all() for a, b in zip(one, two, strict=True))
    assert [m.member for m in one] != [m.member for m in other]


def test_members_are_well_formed() -> None:
    members = make_members(5, TITLES, 300)
    assert len({m.member.member_id for m in members}) == 300
    sizes: dict[str, int] = {}
    for index, one in enumerate(members):
        check_id(one.member.member_id, "member_id")
        ZoneInfo(one.member.time_zone)
        assert one.index == index
        assert one.member.kids == (one.member.maturity_ceiling in (7, 13))
        assert one.picture_taste.shape == (len(PICTURE_FACTS),)
        assert one.rhythms and abs(sum(r.share for r in one.rhythms) - 1) < 0.2
        sizes[one.member.account_id] = sizes.get(one.member.account_id, 0) + 1
    assert set(sizes.values()) == {1, 2, 3, 4}
    assert {m.member.country for m in members} == {"IN", "US", "DE", "BR", "JP"}
    assert 0.05 < sum(m.member.kids for m in members) / 300 < 0.4


def test_the_first_members_are_unlike_each_other() -> None:
    faces = make_members(5, TITLES, 8)
    assert faces[0].member.country == "IN"
    assert sum(m.member.kids for m in faces) == 1
    best = [max(m.genre_taste, key=lambda name, m=m: m.genre_taste[name]) for m in faces]
    assert len(set(best)) >= 7
    assert len({m.member.name for m in faces}) == 8
