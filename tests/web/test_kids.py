"""Goal: a kids' profile sees nothing above its ceiling on any path, learns from no single other
member, gets no messages, and is left with the household's PIN alone.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from conftest import MEMBERS, Running
from pasand.domain.catalog import Artwork, Item
from pasand.domain.events import Event
from pasand.domain.member import Member
from pasand.flows.engine import Live, PageRequest
from pasand.flows.homepage import serve_page
from pasand.pipeline import Trace, hydrate, keep, retrieve, score
from pasand.testing import samples
from pasand.web.language import language_of

PIN = "4071"
CEILING = 8
COVISIT = {"part.covisit", "part.ease"}
OLD = [row.item_id for row in samples.items(60) if row.maturity > CEILING]
YOUNG = [row.item_id for row in samples.items(60) if row.maturity <= CEILING]


@pytest.fixture
def site(fresh: Callable[..., Running], tmp_path: Path) -> Running:
    folder = tmp_path / "home" / "artwork"
    folder.mkdir(parents=True)
    return fresh(items=[with_picture(row, folder) for row in samples.items(60)])


def with_picture(row: Item, folder: Path) -> Item:
    Image.new("RGB", (16, 9)).save(folder / f"{row.item_id}.png")
    artwork = Artwork(artwork_id=f"{row.item_id}.a0", file=f"{row.item_id}.png")
    return replace(row, artworks=(artwork,))


def did(site: Running, member_id: str, kind: str, item_id: str, **payload: Any) -> None:
    engine = site.home.engine
    number = engine.stores.log.last_offset()
    engine.append([
        Event(event_id=f"did-{number}", kind=kind, occurred_ms=engine.now_ms() - 60_000 + number,
              member_id=member_id, item_id=item_id, payload=payload)
    ])  # fmt: skip
    engine.settle()


def grow_down(site: Running) -> None:
    """Let the kid have done everything with an old title before the ceiling came."""
    for item_id in (*OLD[:6], *YOUNG[:6]):
        did(site, "kid", "play_start", item_id, position_s=600, duration_s=6000)
        did(site, "kid", "thumb", item_id, value=2)
    for item_id in (*OLD[8:12], *YOUNG[6:12]):
        did(site, "kid", "list_add", item_id)
    for item_id in (*OLD[12:16], *YOUNG[12:18]):
        did(site, "m1", "play_start", item_id, position_s=60, duration_s=6000)
    did(site, "kid", "complete", OLD[7])


def learned(site: Running) -> None:
    """Promote models in which old titles follow young ones, without training."""
    engine = site.home.engine
    models = samples.models([f"i{n}" for n in range(60)])
    plans = engine.live.plans

    def build(name: str) -> Any:
        from pasand.bootstrap import load_plan

        return load_plan(name, models, engine.settings)

    home, popular, kids = map(build, ("homepage", "popular", "kids"))
    assert len(plans) == 2
    engine.live = Live(models, (home, popular), (), (kids, popular))


def names_old(text: str) -> list[str]:
    """Return the old titles that an answer names, by id or title."""
    words = text.replace("Title i", "i")
    return [name for name in OLD if f'"{name}"' in words or f">{name}<" in words
            or f" {name}<" in words or f"{name}.a" in words or f' {name}"' in words]  # fmt: skip


def test_nothing_above_the_ceiling_on_any_path_of_a_session(site: Running) -> None:
    grow_down(site)
    learned(site)
    with site.browser("kid") as kid:
        pages = [kid.get("/v1/page", params={"rows": 60, "columns": 60, "surface": surface})
                 for surface in ("home", "browse")]  # fmt: skip
        page_id = pages[0].json()["page_id"]
        pages.append(kid.get("/v1/page", params={"cursor": page_id}))
        pages.append(kid.get("/home"))
        for answer in (*pages, kid.get("/taste"), kid.get("/v1/members/kid/profile")):
            assert answer.status_code == 200
            assert not names_old(answer.text), answer.url
        kinds = {row["kind"] for row in pages[0].json()["rows"]}
        assert {"continue", "my-list", "top-10"} <= kinds, "the paths that could leak are there"
        for item_id in OLD[:5]:
            for path in (f"/v1/items/{item_id}", f"/v1/items/{item_id}/similar"):
                assert kid.get(path).status_code == 404, path
            assert kid.get(site.picture(f"{item_id}.a0") + "?w=320").status_code == 404
        assert kid.get("/taste/export").status_code == 403, "its events name old titles"
        similar = kid.get(f"/v1/items/{YOUNG[0]}/similar?k=200")
        assert similar.json()["items"] and not names_old(similar.text)
        assert kid.get(site.picture(f"{YOUNG[0]}.a0") + "?w=320").status_code == 200
        changed = kid.put("/v1/members/kid/taste", json={"mute": ["genre:Drama"]})
        assert changed.status_code == 200 and not names_old(changed.text)
    with site.browser("m1") as grown:
        assert grown.get(site.picture(f"{OLD[0]}.a0") + "?w=320").status_code == 200
        assert grown.get(f"/v1/items/{OLD[0]}").status_code == 200


def because_titles(site: Running, member_id: str) -> list[str]:
    """Return the titles of the rows that follow from one title, before any is chosen."""
    engine = site.home.engine
    plan, trace = engine.live.plans[0], Trace(engine.timer)
    query, _ = engine.query(PageRequest(member_id=member_id))
    found = keep(query, retrieve(query, plan.sources, trace), plan.filters, trace)
    found = score(query, hydrate(query, found, plan.hydrators, trace), plan.scorers, trace)
    rows = plan.row_makers["because"](query, found)
    return [language_of("en").heading(row.title, row.title_values) for row in rows]


def test_a_teen_is_told_of_no_cause_above_the_ceiling(site: Running) -> None:
    learned(site)
    for item_id in ("i3", "i4", "i8", "i9"):
        did(site, "m2", "play_start", item_id, position_s=600, duration_s=6000)
    assert "Because you watched Title i9" in because_titles(site, "m2")
    with site.browser("m2") as client:
        before = client.get("/v1/page?rows=60").text
        teen = Member(member_id="m2", account_id="a1", maturity_ceiling=13)
        site.home.engine.put_member(teen)
        after = client.get("/v1/page?rows=60").text
    assert because_titles(site, "m2") == []
    assert "watched Title i9" in before and not teen.is_child
    assert "It follows from what you took last" in after and "watched Title i" not in after


def test_a_page_from_before_the_ceiling_is_not_explained(site: Running) -> None:
    engine = site.home.engine
    for item_id in OLD[:6]:
        did(site, "m2", "play_start", item_id, position_s=600, duration_s=6000)
    with site.browser("m2") as client:
        page = client.get("/v1/page?rows=60&columns=60").json()
        engine.put_member(Member(member_id="m2", account_id="a1", maturity_ceiling=CEILING))
        seen = 0
        for row, block in enumerate(page["rows"]):
            for column, cell in enumerate(block["cells"][:12]):
                where = {"page_id": page["page_id"], "row": row, "column": column}
                answer = client.get("/v1/explain", params=where)
                assert answer.status_code == (404 if cell["item_id"] in OLD else 200)
                seen += cell["item_id"] in OLD
        assert seen


def test_the_ceiling_holds_on_every_rung(site: Running) -> None:
    grow_down(site)
    learned(site)
    engine = site.home.engine
    query, _ = engine.query(PageRequest(member_id="kid"))

    def fail(*_: object) -> Any:
        raise ValueError("no score")

    last = replace(engine.live.kids_plans[0], scorers={"blend": fail})
    for plans in (engine.live.kids_plans, engine.live.kids_plans[1:], (last,)):
        page, _ = serve_page(query, plans, Trace(engine.timer))
        positions = np.concatenate([row.position for row in page.rows])
        assert len(positions) and query.catalog.maturity[positions].max() <= CEILING
    assert page.degraded is not None and page.degraded.level == 4


def test_a_kids_page_follows_from_no_single_other_member(site: Running) -> None:
    grow_down(site)
    learned(site)
    engine = site.home.engine
    kids, grown = (engine.page(PageRequest(member_id=name)) for name in ("kid", "m1"))
    assert kids.page.plan == engine.live.kids_plans[0].version and kids.page.degraded is None
    assert kids.candidates is not None and grown.candidates is not None
    for part in COVISIT:
        assert not kids.candidates[part].any(), part
    assert grown.candidates["part.covisit"].any(), "the grown-up's page follows from others"
    assert "because" not in {row.kind for row in kids.page.rows}
    with site.browser("kid") as kid:
        text = kid.get("/v1/page?rows=60").text
        similar = kid.get(f"/v1/items/{YOUNG[0]}/similar?k=200").json()["items"]
    assert "Because you" not in text and "history like yours" not in text
    assert all(one["score"] < 3 for one in similar), "co-visitation adds up to three"


@pytest.mark.parametrize("kind", ("message_sent", "message_delivered", "message_clicked"))
def test_a_kids_profile_gets_no_messages(site: Running, kind: str) -> None:
    events = [{"event_id": f"{kind}-{member}", "kind": kind, "member_id": member}
              for member in ("kid", "m1")]  # fmt: skip
    zoned = {**events[0], "event_id": f"{kind}-z", "country": "IN", "time_zone": "Asia/Kolkata"}
    with site.client() as client:
        results = client.post("/v1/events", json={"events": [*events, zoned]}).json()["results"]
    assert [one["status"] for one in results] == ["rejected", "accepted", "rejected"]
    assert results[0]["code"] == results[2]["code"] == "kids_no_messages"
    assert site.home.engine.stores.log.find(f"{kind}-kid") is None


def test_a_ceiling_of_a_child_makes_a_kids_profile() -> None:
    assert Member(member_id="x", maturity_ceiling=12).is_child
    assert Member(member_id="x", maturity_ceiling=13, kids=True).is_child
    assert not Member(member_id="x", maturity_ceiling=13).is_child


# Leaving takes the PIN.


@pytest.fixture
def locked(site: Running) -> Running:
    engine = site.home.engine
    engine.put_member(Member(member_id="kid2", account_id="a1", kids=True, maturity_ceiling=7))
    engine.put_member(Member(member_id="teen", account_id="a1", kids=True, maturity_ceiling=13))
    engine.put_member(Member(member_id="other", account_id="b1", kids=True, maturity_ceiling=7))
    engine.set_pin("m1", PIN, "", own=False)
    return site


def choose(client: httpx.Client, member_id: str) -> str:
    answer = client.post("/session", data={"member_id": member_id})
    assert answer.status_code == 303
    return str(answer.headers["location"])


def test_a_kid_reaches_no_grown_up_without_the_pin(locked: Running) -> None:
    with locked.browser("kid") as kid:
        for member_id in ("m1", "m2", "teen", "other"):
            assert choose(kid, member_id) == "/pin"
            assert kid.get("/v1/page").json()["member_id"] == "kid"
        gate = kid.get("/").text
        assert 'data-member-id="kid"' in gate and 'data-member-id="kid2"' in gate
        assert 'data-member-id="m1"' not in gate and "Grown-ups" in gate
        kid.post("/session/leave")
        assert kid.get("/v1/page").status_code == 401
        assert choose(kid, "m1") == "/pin", "leaving ends the session, not the lock"
        assert choose(kid, "kid2") == "/home"
        assert choose(kid, "kid") == "/pin", "a younger profile does not lead to an older one"


def test_the_session_alone_holds_a_kid_too(locked: Running) -> None:
    with locked.browser("kid") as kid:
        kid.cookies.delete("pasand_kids")
        assert choose(kid, "m1") == "/pin"


def test_the_pin_opens_and_a_wrong_one_does_not(locked: Running) -> None:
    with locked.browser("kid") as kid:
        assert "Ask a grown-up" in kid.get("/pin").text
        wrong = kid.post("/pin", data={"pin": "0000"})
        assert wrong.status_code == 403 and "4 tries left" in wrong.text
        assert choose(kid, "m1") == "/pin"
        assert kid.post("/pin", data={"pin": PIN}).headers["location"] == "/"
        assert kid.get("/v1/page").status_code == 401
        assert 'data-member-id="m1"' in kid.get("/").text
        assert choose(kid, "m1") == "/home"
        assert kid.get("/pin").headers["location"] == "/"


def test_guessing_has_to_wait(locked: Running) -> None:
    with locked.browser("kid") as kid:
        answers = [kid.post("/pin", data={"pin": f"{n:04}"}) for n in range(6)]
        assert [answer.status_code for answer in answers] == [403] * 4 + [429] * 2
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 30
        assert kid.post("/pin", data={"pin": PIN}).status_code == 429
        assert choose(kid, "m1") == "/pin"


def test_without_a_pin_a_kids_profile_is_left_like_any_other(site: Running) -> None:
    with site.browser("kid") as kid:
        assert kid.get("/pin").headers["location"] == "/"
        assert choose(kid, "m1") == "/home"
        assert "pasand_kids" not in kid.cookies


def test_a_forged_lock_neither_holds_nor_frees(locked: Running) -> None:
    with locked.browser("m1") as grown:
        grown.cookies.set("pasand_kids", "a2lkfDk5OTk5OTk5OTk5OTk~0")
        assert choose(grown, "m2") == "/home"
        session = grown.cookies["pasand_session"]
    with locked.browser("kid") as kid:
        kid.cookies.delete("pasand_kids")
        kid.cookies.set("pasand_kids", session)
        assert choose(kid, "m1") == "/pin"


def test_who_may_set_the_pin(locked: Running) -> None:
    path = "/v1/members/{}/pin"
    with locked.browser("kid") as kid:
        for body in ({"pin": ""}, {"pin": "", "current": PIN}, {"pin": "1111", "current": PIN}):
            assert kid.put(path.format("kid"), json=body).status_code == 403
        assert kid.post("/taste", data={"act": "pin", "pin": "", "current": PIN}).status_code == 403
    with locked.browser("m1") as grown:
        refused = grown.put(path.format("m1"), json={"pin": "1111"})
        assert refused.json()["error"]["code"] == "pin_wrong"
        answer = grown.put(path.format("m1"), json={"pin": "1111", "current": PIN})
        assert answer.status_code == 204
        shown = grown.post("/taste", data={"act": "pin", "pin": "2222", "current": "9999"})
        assert shown.status_code == 400 and "not the PIN" in shown.text
    with locked.client("members:write") as server:
        assert server.put(path.format("m1"), json={"pin": ""}).status_code == 204
        assert server.put(path.format("m1"), json={"pin": "12a4"}).status_code == 400
        assert server.put(path.format("nobody"), json={"pin": "1234"}).status_code == 404
    assert not locked.home.engine.pins.is_set("a1")


def test_a_pin_lands_nowhere(locked: Running, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    spelled = "93571846"
    with locked.browser("m1") as grown:
        for body in ({"pin": spelled}, {"pin": int(spelled)}, {"pin": [spelled]}, {"PIN": spelled}):
            answer = grown.put("/v1/members/m1/pin", json=body)
            assert answer.status_code in (400, 403) and spelled not in answer.text
        data = {"act": "pin", "pin": spelled, "current": PIN}
        assert spelled not in grown.post("/taste", data=data).text
        export = grown.get("/taste/export").text
    with locked.browser("kid") as kid:
        assert spelled not in kid.post("/pin", data={"pin": spelled}).text
    stored = b"".join(path.read_bytes() for path in locked.home.path.rglob("*") if path.is_file())
    assert spelled.encode() not in stored and spelled not in caplog.text and spelled not in export
    assert not locked.home.engine.stores.log.rejected()


def test_the_kid_of_the_tests_is_a_kid() -> None:
    assert [member.is_child for member in MEMBERS] == [False, False, True]
