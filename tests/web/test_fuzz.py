"""Goal: whatever is sent, the server answers as its OpenAPI document says, and never with a 5xx.

Two thousand cases on every run: from the document by Schemathesis, and our own spoilt requests
against a server process. ``make soak`` and ``pasand bench fuzz`` send many more.
"""

from __future__ import annotations

import collections
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from conftest import Running, start_server
from pasand.adapters.home_lock import owner_of
from pasand.bench.children import run, serving
from pasand.bench.fuzz import Answer, Door, check, measure_fuzz
from pasand.bench.fuzz_cases import ADDRESSES, Case, case_of
from pasand.bench.schema_check import problem_of
from pasand.domain.parse_item import ARTWORK_FIELDS, ITEM_FIELDS
from pasand.domain.parse_member import MEMBER_FIELDS
from pasand.web.openapi import document
from pasand.web.routes import ROUTES

DOCUMENT = msgspec.json.decode(msgspec.json.encode(document()))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
WANTED = [
    CHECKS.get_one(name)
    for name in (
        "not_a_server_error", "status_code_conformance", "content_type_conformance",
        "response_schema_conformance",
    )
]  # fmt: skip
EXAMPLES = 26
OWN_CASES = 1_100
sent: collections.Counter[str] = collections.Counter()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that takes pictures too."""
    running = start_server(tmp_path_factory.mktemp("home"), pictures=True)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def session(site: Running) -> Iterator[requests.Session]:
    """A connection with a key for everything."""
    with requests.Session() as opened:
        opened.headers["Authorization"] = f"Bearer {site.key('admin')}"
        opened.trust_env = False
        yield opened


def modes_of(label: str) -> tuple[GenerationMode, ...]:
    """Return how cases of an operation are made; where nothing can be given, nothing is wrong."""
    operation = OPERATIONS[label]
    return MODES if operation.body or list(operation.iter_parameters()) else MODES[:1]


@pytest.mark.parametrize("label", OPERATIONS)
def test_the_document_holds_whatever_is_sent(
    site: Running, session: requests.Session, label: str
) -> None:
    long = settings().max_examples
    quick = settings(
        max_examples=long if long > 100 else EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    for mode in modes_of(label):

        @quick
        @given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
        def send(case: schemathesis.Case) -> None:
            sent[label] += 1
            answer = case.call(base_url=site.url, session=session)
            case.validate_response(answer, checks=WANTED)

        send()


def test_spoilt_requests_to_a_server_process(tmp_path: Path) -> None:
    figures, failures = measure_fuzz(tmp_path, OWN_CASES, seed=7)
    assert failures == []
    found = {(m.name, m.at.get("status")): m.value for m in figures}
    assert found["fuzz_cases", None] == OWN_CASES
    # Good requests are among them: the deep end is reached too.
    for status in (200, 202, 204, 400, 401, 403, 404, 405):
        assert found["fuzz_answers", status] > 0, status
    assert sum(sent.values()) + OWN_CASES >= 2_000 or len(sent) < len(OPERATIONS)


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("method", ("GET", "POST", "DELETE", "HEAD"))
def test_every_address_keeps_its_files_to_itself(site: Running, address: str, method: str) -> None:
    host, _, port = site.url.removeprefix("http://").partition(":")
    door = Door(host, int(port))
    try:
        answer = door.send(Case(method, address, ((b"Host", b"x"),), b""))
    finally:
        door.close()
    assert not check(Case(method, address, (), b""), answer, DOCUMENT), answer
    for inside in (b"def create_app", b"open_profiles", b"root:x:"):
        assert inside not in answer.body


def test_the_same_number_is_the_same_request() -> None:
    cases = [case_of(3, number, DOCUMENT["paths"], b"sk_x") for number in range(300)]
    again = [case_of(3, number, DOCUMENT["paths"], b"sk_x") for number in range(300)]
    assert cases == again and len({case.encoded() for case in cases}) > 250


def test_every_answer_has_a_schema_of_its_own() -> None:
    for operation in ROUTES:
        if operation.api and operation.status != 204 and operation.answer != "text":
            assert operation.answer in DOCUMENT["components"]["schemas"], operation.path


GOOD = {"error": {"code": "c", "message": "m", "field": "", "fix": "", "request_id": "r"}}
LIVE = Case("GET", "/health/live", (), b"", "/health/live")
HEADERS = {"content-type": "application/json", "x-request-id": "1"}


@pytest.mark.parametrize(
    ("status", "kind", "body", "wrong"),
    (
        (200, "application/json", {"status": "live"}, ""),
        (200, "application/json", {"status": "dead"}, "not one of its values"),
        (200, "application/json", {"status": "live", "secret": 1}, "not documented"),
        (200, "application/json", {}, "missing"),
        (200, "text/html", {"status": "live"}, "text/html"),
        (201, "application/json", {"status": "live"}, "not documented"),
        (400, "application/json", GOOD, ""),
        (400, "application/json", {"error": "no"}, "type"),
        (418, "application/json", GOOD, "not documented"),
        (500, "application/json", GOOD, "500"),
    ),
)
def test_an_answer_outside_its_schema_is_noticed(
    status: int, kind: str, body: Any, wrong: str
) -> None:
    answer = Answer(status, {**HEADERS, "content-type": kind}, json.dumps(body).encode())
    said = check(LIVE, answer, DOCUMENT)
    assert (wrong in said) if wrong else not said


def test_the_schema_check_knows_the_words_that_ours_use() -> None:
    text = json.dumps(DOCUMENT["components"]["schemas"])
    for word in ("oneOf", "allOf", '"const"', '"not"', "prefixItems", "patternProperties"):
        used = word in text and any(
            word in json.dumps(DOCUMENT["components"]["schemas"][operation.answer])
            for operation in ROUTES
            if operation.api and operation.answer in DOCUMENT["components"]["schemas"]
        )
        assert not used, word
    assert problem_of(3, {"type": "integer", "maximum": 2}, {})
    assert problem_of([1, "x"], {"type": "array", "items": {"type": "integer"}}, {})
    assert not problem_of(None, {"anyOf": [{"type": "string"}, {"type": "null"}]}, {})


@pytest.mark.parametrize("path", sorted({o.path for o in ROUTES if o.api} | {"/schema"}))
def test_an_unknown_parameter_is_refused_everywhere(site: Running, path: str) -> None:
    address = path.replace("{item_id}", "i1").replace("{member_id}", "m1")
    methods = [o.method for o in ROUTES if o.path == path] or ["GET"]
    for method in methods:
        with site.client() as client:
            answer = client.request(method, address + "?unheard_of=1", json={})
        assert answer.status_code == 400, (method, address, answer.text)
        assert answer.json()["error"]["field"] == "unheard_of"


def test_not_even_the_owner_finds_a_fault_of_ours(tmp_path: Path) -> None:
    home = tmp_path / "home"
    run("init", "--home", str(home))
    bodies = (b"", b"\xc1", b"{}", b"[]", b"\x81\xa6events\x01", b"\x91" * 60_000, b"[" * 60_000)
    answered = set()
    with serving(home) as server:
        door, token = Door(server.host, server.port), str(owner_of(home)["token"]).encode()
        for key in (token, b"sk_wrong", b""):
            headers = ((b"Host", b"x"), (b"Authorization", b"Bearer " + key))
            for path in ("/owner/batch", "/owner/ledger", "/owner/keeping"):
                for body in bodies:
                    case = Case("POST", path, headers, body)
                    answer = door.send(case)
                    assert not check(case, answer, DOCUMENT), (path, body[:9], answer)
                    answered.add((key == token, answer.status))
        door.close()
    assert {status for good, status in answered if not good} == {401, 403}
    assert {status for good, status in answered if good} == {200, 400, 413}


def test_every_field_of_a_record_is_in_its_answer() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    for name, fields in (("StoredItem", ITEM_FIELDS), ("StoredMember", MEMBER_FIELDS)):
        written = {field for field, spec in fields.items() if spec.attribute}
        assert set(schemas[name]["properties"]) == written, name
    assert set(schemas["Artwork"]["properties"]) == {*ARTWORK_FIELDS, "url"}
