"""The report of a title's pictures counts what was shown and taken, by segment."""

from __future__ import annotations

from pathlib import Path

import pytest

from pasand.bootstrap import open_home
from pasand.domain.catalog import Artwork, Item
from pasand.errors import NotFound
from pasand.flows.artwork_report import artwork_report
from pasand.testing import samples


def test_share_take_and_components(tmp_path: Path) -> None:
    pictures = tuple(
        Artwork(artwork_id=f"i1.a{n}", facts={"components": [f"mood:{mood}"]})
        for n, mood in enumerate(("tender", "dark"))
    )
    home = open_home(tmp_path / "home", create=True)
    try:
        engine = home.engine
        engine.append([samples.put_event(Item(item_id="i1", title="One", artworks=pictures))])
        cell = {"item_id": "i1", "device": "tv", "country": "IN"}
        seen = [samples.event(f"s{n}", "impression", artwork_id=f"i1.a{n % 4 // 3}", **cell)
                for n in range(40)]  # fmt: skip
        engine.append(
            [*seen, *(samples.event(f"p{n}", "play_start", artwork_id="i1.a1", **cell)
                      for n in range(5))]
        )  # fmt: skip
        engine.settle()
        told = artwork_report(engine, "i1")
        first, second = told["pictures"]
        assert (first["impressions"], first["share"], first["take"]) == (30, 0.75, 0.0)
        assert (second["impressions"], second["take"]) == (10, 0.5)
        assert second["segments"]["device:tv"] == {"impressions": 10, "take": 0.5}
        assert {one["name"] for one in told["components"]} == {"mood:tender", "mood:dark"}
        with pytest.raises(NotFound):
            artwork_report(engine, "i9")
    finally:
        home.close()
