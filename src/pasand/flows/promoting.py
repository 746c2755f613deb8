"""Promoting: which snapshot is live, which one was before it, and which ones stay.

The ledger keeps one row a promotion. Going back to a snapshot is one more row, after which what
came in between is no longer behind it: a second step back goes further back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pasand.errors import NotFound, SnapshotDamaged, SnapshotRefused
from pasand.flows.gating import Examine, Quality, Verdict, pass_gate, quality_in
from pasand.model_ports import ModelStore
from pasand.ports import Ledger, Promotion
from pasand.settings import REPLAY_DAYS, LearnSettings

__all__ = [
    "Listed",
    "before_live",
    "due",
    "line_of",
    "listed",
    "may_go_live",
    "prune",
    "servable",
]

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Listed:
    """One snapshot as an operator sees it. ``state``: live, previous, passed, refused, unjudged
    or damaged; ``promoted_ms`` is when it last went live, 0 for never.
    """

    snapshot_id: str
    state: str
    created_ms: int = 0
    byte_count: int = 0
    models: tuple[str, ...] = ()
    full: bool = True
    log_offset: int = 0
    quality: Quality | None = None
    promoted_ms: int = 0
    reasons: tuple[str, ...] = ()


def line_of(promotions: Sequence[Promotion]) -> list[str]:
    """Return the snapshots that one after the other led to the live one, which is the last."""
    line: list[str] = []
    for promotion in promotions:
        if promotion.snapshot_id in line:
            del line[line.index(promotion.snapshot_id) + 1 :]
        else:
            line.append(promotion.snapshot_id)
    return line


def servable(ledger: Ledger, models: ModelStore) -> Iterator[str]:
    """Yield what to serve, best first: the live snapshot, those behind it, then what no gate
    has refused. Nothing where nothing was promoted.
    """
    behind = line_of(ledger.promotions())[::-1]
    yield from behind
    for name in reversed(models.list() if behind else []):
        if name not in behind and not _refused(models, name):
            yield name


def before_live(ledger: Ledger, models: ModelStore, to: str = "") -> str:
    """Return the snapshot to go back to: ``to``, or the last sound one before the live one.

    Raises:
        NotFound: there is none.
        SnapshotDamaged: ``to`` is damaged.
    """
    if to:
        _known(models, to)
        if all(promotion.snapshot_id != to for promotion in ledger.promotions()):
            raise NotFound(
                f"Snapshot {to} was never live.", field="to", fix=f"pasand models promote {to}"
            )
        models.load(to)
        return to
    for snapshot_id in line_of(ledger.promotions())[-2::-1]:
        try:
            models.load(snapshot_id)
        except SnapshotDamaged:
            continue
        return snapshot_id
    raise NotFound("There is no snapshot to go back to.", fix="See `pasand models list`.")


def may_go_live(
    models: ModelStore,
    ledger: Ledger,
    snapshot_id: str,
    examine: Examine,
    settings: LearnSettings,
    now_ms: int,
) -> Verdict | None:
    """Let a snapshot pass the gate; None where it has passed before.

    Raises:
        NotFound: there is no such snapshot.
        SnapshotDamaged: its files do not match its manifest.
        SnapshotRefused: it did not pass.
    """
    _known(models, snapshot_id)
    said = models.verdict(snapshot_id)
    if said is not None and said["passed"]:
        models.load(snapshot_id)
        return None
    live = ledger.live_snapshot()
    verdict = pass_gate(models, snapshot_id, examine, settings, live, now_ms)
    if not verdict.passed:
        raise SnapshotRefused(
            f"Snapshot {snapshot_id} did not pass the gate: {'; '.join(verdict.reasons)}.",
            fix="What is live stays.",
        )
    return verdict


def listed(models: ModelStore, ledger: Ledger) -> list[Listed]:
    """Return every snapshot, newest first."""
    promotions = ledger.promotions()
    promoted_ms = {promotion.snapshot_id: promotion.at_ms for promotion in promotions}
    line = line_of(promotions)
    places = dict(zip(reversed(line), ("live", "previous"), strict=False))
    return [
        _listed(models, name, places.get(name, ""), promoted_ms.get(name, 0))
        for name in reversed(models.list())
    ]


def prune(models: ModelStore, ledger: Ledger, now_ms: int, keep: int) -> list[str]:
    """Remove the snapshots that nothing needs, but for the newest ``keep``; return their ids.

    Needed are the live one, the one before it, those that served a page which can still be
    replayed, and those so young that they may. One that was refused has served nothing.
    """
    promotions = ledger.promotions()
    since_ms = now_ms - REPLAY_DAYS * DAY_MS
    ends_ms = [promotion.at_ms for promotion in promotions[1:]]
    needed = {p.snapshot_id for p, end in zip(promotions, ends_ms, strict=False) if end >= since_ms}
    needed.update(line_of(promotions)[-2:])
    unneeded = [
        name
        for name in models.list()
        if name not in needed
        and (_refused(models, name) or int(_about(models, name).get("created_ms", 0)) < since_ms)
    ]
    gone = unneeded[: max(0, len(unneeded) - keep)]
    for name in gone:
        models.remove(name)
    return gone


def due(models: ModelStore, settings: LearnSettings, now_ms: int) -> str:
    """Return which training is due by the schedule: "full", "warm", or "" for none.

    Snapshots that were refused count: the same log would only be refused again.
    """
    found = [about for name in models.list() if (about := _about(models, name))]
    last_ms, full_ms = (
        max((int(about.get("created_ms", 0)) for about in some), default=0)
        for some in (found, [about for about in found if about.get("full")])
    )
    if now_ms - full_ms >= settings.full_every_hours * HOUR_MS:
        return "full"
    return "warm" if now_ms - last_ms >= settings.every_hours * HOUR_MS else ""


def _known(models: ModelStore, snapshot_id: str) -> None:
    if snapshot_id not in models.list():
        raise NotFound(
            f"There is no snapshot {snapshot_id}.", field="snapshot", fix="pasand models list"
        )


def _about(models: ModelStore, snapshot_id: str) -> dict[str, Any]:
    """Return a snapshot's facts, none where they cannot be trusted."""
    try:
        return models.about(snapshot_id)
    except SnapshotDamaged:
        return {}


def _refused(models: ModelStore, snapshot_id: str) -> bool:
    said = models.verdict(snapshot_id)
    return said is not None and not said["passed"]


def _listed(models: ModelStore, snapshot_id: str, place: str, promoted_ms: int) -> Listed:
    said = models.verdict(snapshot_id)
    size = models.byte_count(snapshot_id)
    try:
        about = models.about(snapshot_id)
    except SnapshotDamaged as error:
        return Listed(
            snapshot_id,
            "damaged",
            byte_count=size,
            promoted_ms=promoted_ms,
            reasons=(error.message,),
        )
    judged = "unjudged" if said is None else "passed" if said["passed"] else "refused"
    return Listed(
        snapshot_id,
        place or judged,
        int(about.get("created_ms", 0)),
        size,
        tuple(about.get("models", ())),
        bool(about.get("full", True)),
        int(about.get("log_offset", 0)),
        quality_in(about),
        promoted_ms,
        tuple(said["reasons"]) if said else (),
    )
