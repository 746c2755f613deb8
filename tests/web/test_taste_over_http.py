"""A member corrects their profile over HTTP, and the next page follows."""

from __future__ import annotations

from pathlib import Path

from pasand.bench.children import run, serving
from pasand.bench.client import Client
from pasand.bootstrap import open_home
from pasand.domain.catalog import Item
from pasand.domain.member import Member


def test_a_muted_genre_and_a_removed_title_leave_the_next_page(tmp_path: Path) -> None:
    home = tmp_path / "home"
    opened = open_home(home, create=True)
    for number in range(30):
        genre = ("Drama", "Horror", "Comedy")[number % 3]
        item = Item(item_id=f"t{number}", title=f"T{number}", genres=(genre,), maturity=0)
        opened.engine.put_item(item)
    opened.engine.put_member(Member(member_id="m"))
    opened.close()
    secret = run("key", "create", "test", "--home", str(home), "--json").report["secret"]
    with serving(home) as server:
        client = Client(server, secret)
        play = {"event_id": "p1", "kind": "play_start", "member_id": "m", "item_id": "t2"}
        payload = {"position_s": 600, "duration_s": 6000}
        client.post("/v1/events", {"events": [{**play, "payload": payload}]})
        page = client.get("/v1/page?member_id=m")
        assert "continue" in [row["kind"] for row in page["rows"]]
        profile = client.put("/v1/members/m/taste", {"mute": ["genre:Horror"]})
        assert profile["muted"] == ["genre:Horror"]
        client.delete("/v1/members/m/history/t2")
        page = client.get("/v1/page?member_id=m")
        client.close()
    shown = [cell for row in page["rows"] for cell in row["cells"]]
    assert shown and all(cell["genres"] != ["Horror"] for cell in shown)
    assert "continue" not in [row["kind"] for row in page["rows"]]
