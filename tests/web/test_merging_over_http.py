"""Goal: an anonymous visitor who logs in finds on the next page what they did before."""

from __future__ import annotations

from conftest import Running

EVENT = {"event_id": "v-1", "kind": "play_start", "member_id": "visitor-1", "item_id": "i3"}


def test_a_visitor_who_logs_in_brings_their_history(site: Running) -> None:
    with site.client() as client:
        assert client.post("/v1/events", json={"events": [EVENT]}).status_code == 202
        answer = client.post("/v1/members/m1/merge", json={"visitor_id": "visitor-1"})
        assert answer.status_code == 200, answer.text
        assert answer.json() == {"member_id": "m1", "visitor_id": "visitor-1", "merged": True}
        again = client.post("/v1/members/m1/merge", json={"visitor_id": "visitor-1"})
        assert again.json()["merged"] is False
        _, profile = site.home.engine.profiles.get("m1")
        assert [entry.item_id for entry in profile.recent] == ["i3"]
        assert not site.home.engine.profiles.get("visitor-1")[1].recent
        other = client.post("/v1/members/m2/merge", json={"visitor_id": "visitor-1"})
        assert other.status_code == 400 and "another member" in other.text
        member = client.post("/v1/members/m1/merge", json={"visitor_id": "m2"})
        assert member.status_code == 400 and "is a member" in member.text
        stranger = client.post("/v1/members/nobody/merge", json={"visitor_id": "visitor-2"})
        assert stranger.status_code == 404


def test_only_a_key_of_the_server_may_merge(site: Running) -> None:
    with site.browser("m1") as browser:
        answer = browser.post("/v1/members/m1/merge", json={"visitor_id": "visitor-9"})
        assert answer.status_code == 403
    with site.client("members:read") as client:
        answer = client.post("/v1/members/m1/merge", json={"visitor_id": "visitor-9"})
        assert answer.status_code == 403
