"""Goal: a thousand promotions under load, and every page is of one snapshot from end to end."""

from __future__ import annotations

from pathlib import Path

from pasand.bench.swaps import swap_under_load, varied_snapshots
from pasand.bootstrap import open_home
from pasand.domain.member import Member
from pasand.testing import samples

SWAP_COUNT = 1_000
ITEMS = samples.items(24, pictures=1)


def test_pages_never_mix_two_snapshots(tmp_path: Path) -> None:
    home = open_home(tmp_path, create=True)
    try:
        engine = home.engine
        engine.append([samples.put_event(one) for one in ITEMS])
        engine.put_member(Member(member_id="m1"))
        engine.append([samples.event("e1", item_id="i3")])
        engine.settle()
        snapshots = varied_snapshots(engine.stores.models, [one.item_id for one in ITEMS], 3)
        told = swap_under_load(engine, "m1", snapshots, SWAP_COUNT)
        assert told.swaps == SWAP_COUNT and told.failures == [] and told.mixed == 0
        assert len(told.seen) > 20 and told.served == set(snapshots)
        # Each has a page of its own, or a mixed one could not be told.
        assert len(set(told.right.values())) == len(snapshots)
    finally:
        home.close()
