"""Goal: members are told in sentences why a title is there, operators with every number, and
nobody more than they may see.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from msgspec import structs
from typer.testing import CliRunner

from conftest import Running, start_server
from pasand.cli.app import app
from pasand.domain.member import Member
from pasand.settings import REPLAY_DAYS
from pasand.testing import samples
from pasand.web.language import language_of
from pasand.web.why_words import sentences


@pytest.fixture
def key(site: Running) -> Iterator[httpx.Client]:
    with site.client() as client:
        yield client


def page_of(client: httpx.Client, **asked: Any) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/v1/page", params={"member_id": "m1", **asked}).json()
    return found


def why(client: httpx.Client, page: dict[str, Any], **asked: Any) -> dict[str, Any]:
    answer = client.get("/v1/explain", params={"page_id": page["page_id"], **asked})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_operator_is_told_every_number(key: httpx.Client) -> None:
    page = page_of(key, device="tv")
    told = why(key, page)
    assert told["exact"] and told["member_id"] == "m1" and told["device"] == "tv"
    items = [[cell["item_id"] for cell in row["cells"]] for row in told["rows"]]
    assert items == [[cell["item_id"] for cell in row["cells"]] for row in page["rows"]]
    matches = [[cell["match"] for cell in row["cells"]] for row in told["rows"]]
    assert matches == [[cell["match"] for cell in row["cells"]] for row in page["rows"]]
    assert len(told["candidates"]) >= sum(map(len, items))
    assert {entry["filter"] for entry in told["filters"]} >= {"maturity", "rules"}
    assert told["candidates"][0]["rank"] == 1 and told["candidates"][0]["parts"]


def test_a_member_is_told_in_words(site: Running, key: httpx.Client) -> None:
    page = page_of(key)
    with site.browser("m1") as session:
        told = why(session, page, item_id="i3")
        assert set(told["item"]) <= {"item_id", "title", "shown", "row", "column", "why"}
        assert "candidates" not in told and told["rows"][1]["why"]
        cell = why(session, page, row=1, column=0)
    assert cell["sentences"] and all(said.endswith(".") for said in cell["sentences"])
    with site.browser("m2") as other:
        params = {"page_id": page["page_id"]}
        assert other.get("/v1/explain", params=params).status_code == 403


def test_no_title_above_the_ceiling_is_named(site: Running) -> None:
    engine = site.home.engine
    engine.put_member(Member(member_id="teen"))
    with site.browser("teen") as session:
        page = page_of(session, member_id="teen")
        engine.put_member(Member(member_id="teen", maturity_ceiling=8))
        told = why(session, page, item_id="i4")
    named = [cell["item_id"] for row in told["rows"] for cell in row["cells"]]
    ages = {f"i{n}": samples.AGES[n % 5] for n in range(60)}
    assert named and max(ages[item_id] for item_id in named) <= 8
    assert told["item"]["shown"] is False and "title" not in told["item"]


def test_past_the_window_it_is_gone_with_what_is_known(site: Running, key: httpx.Client) -> None:
    page = page_of(key)
    engine = site.home.engine
    stored = engine.stores.log.find(page["page_id"])
    while stored is None:
        stored = engine.stores.log.find(page["page_id"])
    aged = stored.event.occurred_ms - (REPLAY_DAYS + 1) * samples.DAY_MS
    old = structs.replace(stored.event, event_id="pg_old", page_id="pg_old", occurred_ms=aged)
    engine.append([old])
    answer = key.get("/v1/explain", params={"page_id": "pg_old"})
    assert answer.status_code == 410
    assert answer.json()["error"]["code"] == "gone" and answer.json()["error"]["fix"]
    known = answer.json()["known"]
    shown = [cell["item_id"] for cell in page["rows"][1]["cells"]]
    assert known["rows"][1]["items"] == shown and known["snapshot"] == page["snapshot"]
    with site.browser("m1") as session:
        mine = session.get("/v1/explain", params={"page_id": "pg_old"})
        assert mine.status_code == 410 and mine.json()["known"]["rows"] == []
    assert key.get("/v1/explain", params={"page_id": "pg_none"}).status_code == 404


@pytest.mark.parametrize(
    ("parts", "reason", "cause", "said"),
    (
        ({"covisit": 5, "popular": 1}, "because", "Solaris",
         ["Members who took Solaris, as you did, often go on with this.",
          "Many members have taken it these weeks."]),
        ({"context": 3, "ease": 2, "ials": 2}, "similar_taste", None,
         ["It suits this time of day on the TV.", "Members with a history like yours chose it."]),
        ({"taste": 1}, "featured", None,
         ["The service features it.", "Its genres, themes and people are like those you choose."]),
        ({"popular": -1}, "untried", None,
         ["It is on the service, and nothing more speaks for it yet."]),
        ({"popular": 99, "fresh": 1}, "popular", None, ["Many members have taken it these weeks."]),
    ),
)  # fmt: skip
def test_sentences_say_what_spoke_for_it(
    parts: dict[str, float], reason: str, cause: str | None, said: list[str]
) -> None:
    assert sentences(parts, reason, cause, "tv", language_of("en")) == said


def test_the_command_line_tells_the_same(tmp_path: Any) -> None:
    running = start_server(tmp_path / "shop")
    with running.client() as client:
        page = page_of(client)["page_id"]
    running.stop()
    home = ["--home", str(tmp_path / "shop")]
    told = CliRunner().invoke(app, ["explain", page, *home])
    assert told.exit_code == 0 and "it is the page that was served" in told.stdout, told.output
    one = CliRunner().invoke(app, ["explain", page, "--item", "nothing", *home])
    assert "not in the catalogue" in one.stdout
    whole = CliRunner().invoke(app, ["explain", page, "--json", *home])
    assert '"exact": true' in whole.stdout and '"candidates"' in whole.stdout
    assert CliRunner().invoke(app, ["explain", "pg_none", *home]).exit_code != 0
