"""Health, metrics, and what the home's owner on this machine may ask: append, keys, promote."""

from __future__ import annotations

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from pasand.domain.events import Event
from pasand.domain.rules import Rule
from pasand.errors import InvalidInput, NotAllowed
from pasand.flows.engine import Engine
from pasand.flows.ruling import put_rule
from pasand.ports import Key, Rejected
from pasand.web.answers import Json, body_of, json_of
from pasand.web.context import caller_of, desk_of

__all__ = ["OwnerBatch", "get_live", "get_metrics", "get_ready", "post_ledger", "post_owner_batch"]

OWNER_BYTES_MAX = 64 * 1024 * 1024


class OwnerBatch(msgspec.Struct):
    """Records and events that another command of this machine sends to the running server."""

    events: list[Event] = []
    rejected: list[Rejected] = []
    settled: list[int] = []
    renewed: list[Rejected] = []
    refold: list[str] = []


class LedgerEntry(msgspec.Struct):
    """What a command writes into the ledger; an empty one only makes views current."""

    key: Key | None = None
    promote: str = ""
    rule: Rule | None = None


async def get_live(request: Request) -> Json:
    """Say that the process runs."""
    return Json({"status": "live"})


async def get_ready(request: Request) -> Json:
    """Say whether pages can be served and events taken, and what is degraded."""
    desk = desk_of(request)
    desk.watch.check()
    ready = await run_in_threadpool(_ready, desk.engine, desk.watch.reasons())
    return Json({**ready, "page_processes": desk.pages.state()})


def _ready(engine: Engine, watched: list[str]) -> dict[str, object]:
    degraded = engine.degraded()
    reasons = [*(degraded.reasons if degraded else ()), *watched]
    return {
        "status": "degraded" if reasons else "ready",
        "reasons": reasons,
        "items": len(engine.catalog),
        "snapshot": engine.live.models.snapshot_id,
        "log_offset": engine.stores.log.last_offset(),
        "pages_not_logged": engine.lost_page_count,
    }


async def get_metrics(request: Request) -> Response:
    """Answer in the text format of Prometheus."""
    desk = desk_of(request)
    desk.meters.items.set(len(desk.engine.catalog))
    desk.meters.profiles_behind.set(desk.engine.profiles.behind)
    for name, count in desk.pages.state().items():
        desk.meters.page_processes.labels(name).set(count)
    return Response(generate_latest(desk.meters.registry), media_type=CONTENT_TYPE_LATEST)


async def post_owner_batch(request: Request) -> Json:
    """Append what the owner's own command read, through the process that owns the store."""
    _owner_only(request)
    body = await body_of(request, OWNER_BYTES_MAX)
    try:
        batch = msgspec.msgpack.decode(body, type=OwnerBatch)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"The body is no batch: {error}.", field="body") from error
    engine = desk_of(request).engine
    await run_in_threadpool(engine.set_aside, batch.rejected)
    verdicts = await run_in_threadpool(engine.append, batch.events)
    log = engine.stores.log
    await run_in_threadpool(log.settle_rejected, batch.settled, batch.renewed)
    await run_in_threadpool(engine.profiles.renew, batch.refold)
    return Json({"status": [verdict.status for verdict in verdicts]})


async def post_ledger(request: Request) -> Json:
    """Write a key or rule, or promote, for the owner's command; then make every view current."""
    _owner_only(request)
    desk = desk_of(request)
    entry = json_of(await body_of(request, 100_000), LedgerEntry)
    ledger = desk.engine.stores.ledger
    if entry.key is not None:
        await run_in_threadpool(ledger.put_key, entry.key)
    if entry.promote:
        await run_in_threadpool(ledger.promote, entry.promote, desk.engine.now_ms())
    if entry.rule is not None:
        await run_in_threadpool(put_rule, ledger, entry.rule)
    await run_in_threadpool(desk.engine.tick)
    desk.access.refresh()
    return Json({"snapshot": desk.engine.live.models.snapshot_id})


def _owner_only(request: Request) -> None:
    if "owner" not in caller_of(request).scopes:
        raise NotAllowed("Only the home's own commands may do this.")
