"""Goal: operators write rules over HTTP and by the command line; every page obeys within a second,
and a preview shows what would change without changing anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from conftest import Running, start_server
from pasand.cli.app import app

NO_DRAMA = 'filter when item.genre has "Drama"'


@pytest.fixture
def admin(site: Running) -> Iterator[httpx.Client]:
    with site.client("admin") as client:
        yield client
        for rule in client.get("/v1/rules").json()["rules"]:
            client.delete(f"/v1/rules/{rule['rule_id']}")


def shown(client: httpx.Client, member_id: str = "m1") -> dict[str, Any]:
    answer: dict[str, Any] = client.get("/v1/page", params={"member_id": member_id}).json()
    return answer


def genres(page: dict[str, Any]) -> set[str]:
    return {genre for row in page["rows"] for cell in row["cells"] for genre in cell["genres"]}


def test_a_rule_acts_at_once_and_until_it_is_removed(site: Running, admin: httpx.Client) -> None:
    assert "Drama" in genres(shown(admin))
    stored = admin.post("/v1/rules", json={"rule": NO_DRAMA, "rule_id": "no-drama"})
    assert stored.status_code == 200, stored.text
    rule = stored.json()
    assert rule["rule"] == NO_DRAMA and rule["author"] == "test" and rule["acts"]
    assert rule["items"] > 0 and rule["warnings"] == []
    page = shown(admin)
    assert "Drama" not in genres(page)
    logged = site.home.engine.pages.find(page["page_id"])
    assert logged is not None and logged[1]["rules"] == rule["version"]
    admin.post("/v1/rules", json={"rule": NO_DRAMA, "rule_id": "no-drama", "on": False})
    assert "Drama" in genres(shown(admin))
    assert [one["on"] for one in admin.get("/v1/rules").json()["rules"]] == [False]
    assert admin.delete("/v1/rules/no-drama").status_code == 204
    assert admin.delete("/v1/rules/no-drama").status_code == 404
    assert admin.get("/v1/rules").json()["rules"] == []


def test_a_rule_has_its_time(admin: httpx.Client) -> None:
    past, future = "2001-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
    body = {"rule": NO_DRAMA, "rule_id": "soon", "from": future}
    assert admin.post("/v1/rules", json=body).json()["acts"] is False
    assert "Drama" in genres(shown(admin))
    over = admin.post("/v1/rules", json={"rule": NO_DRAMA, "until": past})
    assert over.status_code == 400 and over.json()["error"]["field"] == "until"


@pytest.mark.parametrize(
    ("body", "field", "said"),
    (
        ({"rule": 'filter when item.gener has "x"'}, "rule", "(character 13)"),
        ({"rule": ""}, "rule", "verb"),
        ({"rule": NO_DRAMA, "rule_id": "no spaces"}, "rule_id", "id"),
        ({"rule": NO_DRAMA, "weight": 3}, "body", "weight"),
    ),
)
def test_what_cannot_be_read_is_refused_by_name(
    admin: httpx.Client, body: dict[str, Any], field: str, said: str
) -> None:
    for path in ("/v1/rules", "/v1/rules/preview"):
        answer = admin.post(path, json=body)
        error = answer.json()["error"]
        assert answer.status_code == 400 and error["field"] == field, error
        assert said in error["message"] and error["fix"] is not None


def test_a_preview_changes_nothing(admin: httpx.Client, site: Running) -> None:
    before = site.home.engine.stores.log.last_offset()
    body = {"rule": NO_DRAMA, "member_ids": ["m1", "kid"], "device": "tv"}
    found = admin.post("/v1/rules/preview", json=body).json()
    assert found["members"] == 2 and found["acts_on"] == 2 and found["changed"] >= 1
    left = {cell["item_id"] for page in found["pages"] for cell in page["leave"]}
    assert found["cells"]["leave"] == sum(len(page["leave"]) for page in found["pages"])
    drama = {f"i{n}" for n in range(60) if n % 5 == 0 or (n // 5) % 5 == 0}
    assert left & drama
    entered = [cell for page in found["pages"] for cell in page["enter"]]
    assert all(cell["from"] is None and cell["to"]["row_id"] for cell in entered)
    assert site.home.engine.stores.log.last_offset() == before
    assert admin.get("/v1/rules").json()["rules"] == [] and "Drama" in genres(shown(admin))


def test_a_word_that_no_item_has_is_told(admin: httpx.Client) -> None:
    body = {"rule": 'bury 0.5 when item.genre has "Dramma"', "members": 0}
    found = admin.post("/v1/rules/preview", json=body).json()
    assert found["items"] == 0 and "did you mean 'Drama'?" in found["warnings"][0]


def test_rules_are_for_operators(site: Running) -> None:
    with site.client() as server, site.browser("m1") as session:
        for client in (server, session):
            assert client.get("/v1/rules").status_code == 403
            assert client.post("/v1/rules", json={"rule": NO_DRAMA}).status_code == 403
            assert client.delete("/v1/rules/x").status_code == 403


def command(*words: str) -> dict[str, Any]:
    ran = CliRunner().invoke(app, ["rules", *words, "--json"])
    assert ran.exit_code == 0, ran.output
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_the_command_line_does_the_same(tmp_path: Path) -> None:
    start_server(tmp_path / "shop").stop()
    home = ["--home", str(tmp_path / "shop")]
    about = command("test", NO_DRAMA, *home)
    assert about["verb"] == "filter" and about["items"] >= len(about["examples"]) > 0
    found = command("preview", NO_DRAMA, "--member", "m1", *home)
    assert found["changed"] == 1 and command("list", *home)["rules"] == []
    command("add", NO_DRAMA, "--id", "x", "--author", "Ann", "--until", "2999-01-01", *home)
    (rule,) = command("list", *home)["rules"]
    assert rule["author"] == "Ann" and rule["acts"] and rule["until"].startswith("2999")
    again = start_server(tmp_path / "shop", fill=False)
    with again.client() as client:
        assert "Drama" not in genres(shown(client))
    again.stop()
    command("remove", "x", *home)
    assert command("list", *home)["rules"] == []
    ran = CliRunner().invoke(app, ["rules", "test", "filter when item.gener == 1", *home])
    assert ran.exit_code != 0
