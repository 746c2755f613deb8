"""The gate: whether a snapshot may go live, from what was found out about it.

Facts come from two places. While learning, a sibling of the snapshot, trained the same way on what
lies before the last stretch of the log, ranks what members took in that stretch; so does the live
snapshot. And a child process has loaded the snapshot itself and made pages of it
(``golden.py``). Here they are judged; see docs/decisions/0017-the-gate.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Catalog
from pasand.errors import SnapshotDamaged
from pasand.model_ports import ModelStore
from pasand.settings import LearnSettings

__all__ = [
    "TARGET_COUNT_MIN",
    "Examine",
    "Quality",
    "Report",
    "Rival",
    "Stretch",
    "Verdict",
    "faults_of_arrays",
    "judge",
    "pass_gate",
    "quality_in",
]

#: Fewer targets tell nothing of quality or coverage.
TARGET_COUNT_MIN = 30
#: A difference within so many standard errors may be chance.
ERRORS_OF_CHANCE = 2.0
#: What was trained on everything knows the targets; it must not rank them this much worse than
#: its sibling, which had never seen them.
REFIT_SHARE_MIN = 0.5
#: The least share of the live snapshot's coverage.
COVERAGE_SHARE_MIN = 0.5


@dataclass(frozen=True, slots=True)
class Stretch:
    """The end of the log whose events are targets: after one moment, up to another.

    An empty one (0, 0) has none.
    """

    after_ms: int = 0
    until_ms: int = 0


@dataclass(frozen=True, slots=True)
class Quality:
    """How well pages rank what members took next: mean NDCG@10 over ``target_count`` targets.

    ``ahead`` is the mean difference to live popularity on the same targets. ``coverage`` is the
    share of the catalogue (or of all places, where these are fewer) in the lists' first 50.
    """

    stretch: Stretch
    target_count: int
    ndcg: float
    ndcg_error: float
    popular_ndcg: float
    ahead: float
    ahead_error: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Report:
    """What a child process found out about a snapshot: what is wrong, and its own quality.

    The quality is of targets that the snapshot was trained on.
    """

    snapshot_id: str
    faults: tuple[str, ...] = ()
    page_count: int = 0
    quality: Quality | None = None


#: Examines a stored snapshot in a process of its own, by the targets of a stretch.
Examine = Callable[[str, Stretch], Report]


@dataclass(frozen=True, slots=True)
class Rival:
    """The live snapshot's quality. ``ahead`` is what the candidate's sibling has over it on the
    same targets, with its error; None where both were measured on targets of their own.
    """

    snapshot_id: str
    quality: Quality | None = None
    ahead: float | None = None
    ahead_error: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate said, when, and against which live snapshot."""

    passed: bool
    reasons: tuple[str, ...]
    at_ms: int
    against: str
    page_count: int

    def facts(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return asdict(self)


def pass_gate(
    models: ModelStore,
    snapshot_id: str,
    examine: Examine,
    settings: LearnSettings,
    live: str,
    now_ms: int,
) -> Verdict:
    """Examine a stored snapshot, judge it, and keep the verdict beside it.

    Raises:
        SnapshotDamaged: the snapshot is unknown, or its manifest is not ours.
    """
    about = models.about(snapshot_id)
    sibling = quality_in(about)
    report = examine(snapshot_id, sibling.stretch if sibling else Stretch())
    verdict = judge(report, sibling, _rival(models, about, snapshot_id, live), settings, now_ms)
    models.put_verdict(snapshot_id, verdict.facts())
    return verdict


def _rival(models: ModelStore, about: Mapping[str, Any], snapshot_id: str, live: str) -> Rival:
    """Return what is known of the live snapshot, best as it was measured beside this one."""
    if not live or live == snapshot_id:
        return Rival(live)
    if found := about.get("rival"):
        measured = msgspec.convert(found, Rival)
        if measured.snapshot_id == live:
            return measured
    try:
        return Rival(live, quality_in(models.about(live)))
    except SnapshotDamaged:
        return Rival(live)


def quality_in(about: Mapping[str, Any]) -> Quality | None:
    """Return the quality that a snapshot's facts hold, None where it was not measured."""
    found = about.get("quality")
    return msgspec.convert(found, Quality) if found else None


def faults_of_arrays(
    arrays: Mapping[str, Any], about: Mapping[str, Any], catalog: Catalog
) -> list[str]:
    """Return what is wrong with a snapshot's arrays before any page is made of them."""
    if not arrays.get("item_ids"):
        return ["the snapshot names no items"]
    faults = [f"{name} is missing" for name in about.get("arrays", ()) if name not in arrays]
    faults += [
        f"{name} holds numbers that are none"
        for name, array in arrays.items()
        if isinstance(array, np.ndarray) and (array.dtype.kind not in "biuf" or not _finite(array))
    ]
    known = sum(item_id in catalog.position for item_id in arrays["item_ids"])
    if len(catalog) and not known:
        faults.append("no item of the events is in the catalogue: import the items first")
    return faults


def judge(
    report: Report, sibling: Quality | None, rival: Rival, settings: LearnSettings, at_ms: int
) -> Verdict:
    """Return whether the snapshot of ``report`` may go live in the place of ``rival``."""
    reasons = list(report.faults)
    own = report.quality
    if own is not None and own.target_count >= TARGET_COUNT_MIN:
        if own.coverage < settings.gate_coverage_min:
            reasons.append(
                f"its lists hold {own.coverage:.1%} of the catalogue,"
                f" fewer than {settings.gate_coverage_min:.1%}"
            )
        elif rival.quality and own.coverage < COVERAGE_SHARE_MIN * rival.quality.coverage:
            reasons.append(
                f"its lists hold {own.coverage:.1%} of the catalogue,"
                f" those of the live snapshot {rival.quality.coverage:.1%}"
            )
        if sibling is not None and _less(own.ndcg, sibling.ndcg, own, sibling, REFIT_SHARE_MIN):
            reasons.append(
                f"it ranks what it was trained on worse (NDCG@10 {own.ndcg:.4f}) than its sibling"
                f" that had never seen it ({sibling.ndcg:.4f})"
            )
    if sibling is not None and (reason := _behind(sibling, rival, settings.gate_margin)):
        reasons.append(reason)
    return Verdict(not reasons, tuple(reasons), at_ms, rival.snapshot_id, report.page_count)


def _behind(sibling: Quality, rival: Rival, margin: float) -> str:
    """Return in words how far the snapshot is behind the live one, "" where it is not."""
    live = rival.quality
    if live is None or min(sibling.target_count, live.target_count) < TARGET_COUNT_MIN:
        return ""
    if rival.ahead is not None:
        ahead, error = rival.ahead, rival.ahead_error
    else:
        # Other targets may be easier or harder, for popularity as well.
        ahead = sibling.ahead - live.ahead
        error = float(np.hypot(sibling.ahead_error, live.ahead_error))
    if ahead >= -margin * live.ndcg or ahead >= -ERRORS_OF_CHANCE * error:
        return ""
    return (
        f"its NDCG@10 is {-ahead:.4f} below that of the live snapshot ({live.ndcg:.4f}),"
        f" more than {margin:.0%} and more than chance"
    )


def _less(one: float, other: float, of_one: Quality, of_other: Quality, share: float) -> bool:
    error = float(np.hypot(of_one.ndcg_error, of_other.ndcg_error))
    return one < share * other and one < other - ERRORS_OF_CHANCE * error


def _finite(array: NDArray[Any]) -> bool:
    """Whether all numbers are; read in pieces, for arrays may be larger than the memory."""
    flat = array.reshape(-1)
    return all(np.isfinite(flat[at : at + (1 << 22)]).all() for at in range(0, len(flat), 1 << 22))
