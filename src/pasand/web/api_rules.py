"""/v1/rules: operators' rules, stored, changed, removed and previewed."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from pasand.domain.ids import check_id
from pasand.domain.rules import Rule
from pasand.domain.times import time_ms
from pasand.errors import InvalidInput
from pasand.flows.engine import Engine
from pasand.flows.ruling import checked_rule, preview, put_rule, removed_rule, rule_told, tested
from pasand.web.access import Caller
from pasand.web.answers import Json, body_of, json_of
from pasand.web.context import caller_of, desk_of

__all__ = ["delete_rule", "get_rules", "post_preview", "post_rule"]

BODY_BYTES_MAX = 20_000
PREVIEW_COUNT_MAX = 50


class RuleBody(msgspec.Struct, forbid_unknown_fields=True):
    """What a caller says of a rule."""

    rule: str
    rule_id: str = ""
    from_: str | int | None = msgspec.field(default=None, name="from")
    until: str | int | None = None
    on: bool = True


class PreviewBody(msgspec.Struct, forbid_unknown_fields=True):
    """A rule that is not stored, and on whom to try it: these, or so many of the members."""

    rule: str
    rule_id: str = ""
    member_ids: list[str] = []
    members: int = 10
    device: str = "desktop"


async def get_rules(request: Request) -> Json:
    """List the rules, those that are off too."""
    _operator(request)
    engine = desk_of(request).engine
    return Json(await run_in_threadpool(_listed, engine))


async def post_rule(request: Request) -> Json:
    """Add a rule, or replace the one of its id."""
    caller = _operator(request)
    body = json_of(await body_of(request, BODY_BYTES_MAX), RuleBody)
    return await _store(request, body, caller)


async def delete_rule(request: Request) -> Response:
    """Remove a rule."""
    _operator(request)
    rule_id = check_id(request.path_params["rule_id"], "rule_id")
    engine = desk_of(request).engine
    gone = await run_in_threadpool(removed_rule, engine.stores.ledger, rule_id)
    await run_in_threadpool(_put, engine, gone)
    return Response(status_code=204)


async def post_preview(request: Request) -> Json:
    """Say what a rule would change; nothing is stored."""
    _operator(request)
    body = json_of(await body_of(request, BODY_BYTES_MAX), PreviewBody)
    if not 0 <= body.members <= PREVIEW_COUNT_MAX or len(body.member_ids) > PREVIEW_COUNT_MAX:
        raise InvalidInput(
            f"A preview is for {PREVIEW_COUNT_MAX} members at most.", field="members"
        )
    engine = desk_of(request).engine
    rule = checked_rule(body.rule, now_ms=engine.now_ms(), rule_id=body.rule_id)
    whose = [check_id(name, "member_ids") for name in body.member_ids]
    return Json(await run_in_threadpool(_previewed, engine, rule, whose, body))


async def _store(request: Request, body: RuleBody, caller: Caller) -> Json:
    engine = desk_of(request).engine
    rule = checked_rule(
        body.rule,
        now_ms=engine.now_ms(),
        rule_id=body.rule_id,
        author=caller.name,
        from_ms=None if body.from_ is None else time_ms(body.from_, "from"),
        until_ms=None if body.until is None else time_ms(body.until, "until"),
        on=body.on,
    )
    version = await run_in_threadpool(_put, engine, rule)
    told = {**rule_told(rule, engine.now_ms()), "version": version}
    about = tested(rule.text, engine.catalog.snapshot(), engine.now_ms())
    return Json({**told, "items": about["items"], "warnings": about["warnings"]})


def _put(engine: Engine, rule: Rule) -> int:
    version = put_rule(engine.stores.ledger, rule)
    engine.rules.refresh()
    return version


def _listed(engine: Engine) -> dict[str, Any]:
    ledger, now_ms = engine.stores.ledger, engine.now_ms()
    rules = [rule_told(rule, now_ms) for rule in ledger.rules() if not rule.removed]
    return {"version": ledger.rule_version(), "rules": rules}


def _previewed(
    engine: Engine, rule: Rule, member_ids: list[str], body: PreviewBody
) -> dict[str, Any]:
    if not member_ids:
        some = engine.stores.catalog.members(body.members) if body.members else []
        member_ids = [member.member_id for member in some]
    about = tested(rule.text, engine.catalog.snapshot(), engine.now_ms())
    return {"rule": rule.text, **about, **preview(engine, rule, member_ids, body.device)}


def _operator(request: Request) -> Caller:
    caller = caller_of(request)
    caller.allow("admin")
    return caller
