"""Goal: a page's cells encoded piece by piece say what they say as values."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pasand.bootstrap import open_home
from pasand.domain.catalog import Artwork
from pasand.domain.member import Member
from pasand.flows.engine import PageRequest
from pasand.testing import samples
from pasand.web.page_json import page_json


def test_encoded_cells_are_the_same_cells(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", create=True)
    try:
        art = (Artwork(artwork_id="wide", palette=("#102030", "#405060", "#708090")),)
        home.engine.append([samples.put_event(row) for row in samples.items(40)])
        odd = samples.item("odd", title='"Zoë" \\ </b>\u2028', synopsis="\x01", artworks=art)
        home.engine.append([samples.put_event(odd), samples.put_event(samples.item("bare"))])
        home.engine.append([samples.member_event(Member(member_id="m1"))])
        payload = {"position_s": 600, "duration_s": 6000}
        at_ms = home.engine.now_ms() - 60_000
        done = (("play_start", "i7", payload), ("play_start", "odd", payload),
                ("list_add", "i8", {}), ("thumb", "i9", {"value": 2}))  # fmt: skip
        home.engine.append(
            [
                samples.event(f"e{n}", kind, item_id=item_id, payload=said, occurred_ms=at_ms + n)
                for n, (kind, item_id, said) in enumerate(done)
            ]
        )
        home.engine.settle()
        for _ in range(3):
            # The second time, what lasts of each cell is kept from the first.
            served = home.engine.page(PageRequest(member_id="m1", column_count=40))
            encoded = msgspec.json.encode(page_json(served, encoded=True))
            plain = msgspec.json.decode(msgspec.json.encode(page_json(served)))
            assert msgspec.json.decode(encoded) == plain
        cells = {cell["item_id"]: cell for row in plain["rows"] for cell in row["cells"]}
        assert cells["odd"]["title"] == odd.title and cells["odd"]["progress"] == 0.1
        assert cells["i8"]["in_list"] and cells["i9"]["thumb"] == 2
        assert cells["bare"]["artwork_url"] is None
        assert plain["rows"][0]["shape"] == "hero" and "synopsis" in plain["rows"][0]["cells"][0]
    finally:
        home.close()
