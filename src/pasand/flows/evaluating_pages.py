"""Evaluating pages: what the product's own pages were worth at moments of the past.

For every target the whole flow of ``homepage.py`` runs with the models of the training span; other
arrangers see the same rows, other plans and queries that lack a signal the same moment. What it
finds is a table of metrics by target and policy, which ``evaluation/page_comparing.py`` sums up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from pasand.domain.page import Page, Row
from pasand.domain.query import Query
from pasand.evaluation.page_metrics import FIRST_SCREEN, METRICS, WHOLE, grid_of, page_metrics
from pasand.evaluation.page_signals import FOLDED, without
from pasand.evaluation.ranking import Progress, rank_targets
from pasand.evaluation.splits import Split
from pasand.flows.evaluating import rankers
from pasand.flows.homepage import homepage
from pasand.flows.page_moments import Asked, Service, requests
from pasand.flows.page_past import Past
from pasand.pipeline import Arranger, PageWriter, Plan, StageFailed, Trace

__all__ = [
    "LISTS",
    "PAGE",
    "Promise",
    "Variant",
    "measured",
    "plain_lists",
    "sample",
    "variants_of",
]

#: The policy that is served.
PAGE = "page"
#: Plain lists beside the pages, untuned.
LISTS = ("popular", "ease", "covisit+ease")
SCREENS = {"reach_3x6": FIRST_SCREEN, "reach_10x20": WHOLE}

Attention = Mapping[str, NDArray[np.float64]]
#: How far a page keeps what is promised of every page, from 0 to 1.
Promise = Callable[[Query, Page], float]


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of making a page: a plan, and the signal that its query lacks, if any."""

    plan: Plan
    signal: str = ""


class _Beside:
    """The plan's own arranger, and others that are handed the same rows."""

    def __init__(self, own: Arranger, others: Mapping[str, Arranger]) -> None:
        self._own, self._others = own, others
        self.pages: dict[str, Page] = {}

    def __call__(self, query: Query, rows: Sequence[Row]) -> Page:
        self.pages = {name: arrange(query, rows) for name, arrange in self._others.items()}
        return self._own(query, rows)


def variants_of(
    plan: Plan, poorer: Mapping[str, Plan], signals: Sequence[str]
) -> dict[str, Variant]:
    """Return every way of making a page by the name of its policy: as it is served, by poorer plans
    named after the part that they lack, without each of some signals.
    """
    found = {PAGE: Variant(plan)}
    found |= {f"without {part}": Variant(one) for part, one in poorer.items()}
    return found | {f"without {signal}": Variant(plan, signal) for signal in signals}


def sample(asked: Sequence[Asked], target_count: int, seed: int) -> list[Asked]:
    """Return the targets of members drawn with a seed, about so many; 0 stands for all."""
    if not target_count:
        return list(asked)
    count: dict[str, int] = {}
    for one in asked:
        count[one.member_id] = count.get(one.member_id, 0) + 1
    names = sorted(count)
    chosen: set[str] = set()
    drawn = 0
    for place in np.random.default_rng(seed).permutation(len(names)).tolist():
        if drawn >= target_count:
            break
        chosen.add(names[place])
        drawn += count[names[place]]
    return [one for one in asked if one.member_id in chosen]


def measured(
    past: Past,
    service: Service,
    asked: Sequence[Asked],
    variants: Mapping[str, Variant],
    arrangers: Mapping[str, Arranger],
    attention: Attention,
    promises: Mapping[str, Promise] = MappingProxyType({}),
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, NDArray[np.float32]]:
    """Return for each policy its metrics [target, metric], in the order of ``asked``, and for each
    promise how far the page that is served keeps it [target, 1].

    Raises:
        StageFailed: a stage of a plan failed: what is measured must be whole pages.
    """
    widths = dict.fromkeys((*variants, *arrangers), len(METRICS)) | dict.fromkeys(promises, 1)
    found = {
        name: np.full((len(asked), width), np.nan, np.float32) for name, width in widths.items()
    }
    folded = [one.signal for one in variants.values() if one.signal in FOLDED]
    own = variants[PAGE].plan.arranger
    assert not isinstance(own, PageWriter), "who writes whole pages has no rows to hand on"
    beside = _Beside(own, arrangers)
    plans = {name: variant.plan for name, variant in variants.items()}
    plans[PAGE] = replace(plans[PAGE], arranger=beside)
    walked = requests(past, service, asked, folded)
    for number, (_, wanted, queries) in enumerate(walked):
        looked = attention[queries[""].device]
        for name, variant in variants.items():
            query = queries.get(variant.signal) or without(queries[""], variant.signal)
            pages = {name: _page(query, plans[name])}
            if name == PAGE:
                for promise, kept in promises.items():
                    found[promise][number] = kept(query, pages[PAGE])
                pages |= beside.pages
            for policy, page in pages.items():
                metrics = page_metrics(grid_of(page), wanted, service.catalog.genre, looked)
                found[policy][number] = [metrics[metric] for metric in METRICS]
        progress(number + 1, len(asked))
    return found


def _page(query: Query, plan: Plan) -> Page:
    trace = Trace(_no_time)
    page, _ = homepage(query, plan, trace)
    if trace.failed:
        raise StageFailed(*(f"{name}: {why}" for name, why in trace.failed.items()))
    return page


def plain_lists(
    split: Split, asked: Sequence[Asked], seed: int, progress: Progress | None = None
) -> dict[str, dict[str, NDArray[np.float64]]]:
    """Return for each plain model and size of screen whether its list of as many titles holds each
    target.
    """
    chosen = np.zeros(len(split.targets), bool)
    chosen[[one.number for one in asked]] = True
    targets = split.targets.where(chosen)
    place = np.cumsum(chosen)[[one.number for one in asked]] - 1
    code = {item_id: at for at, item_id in enumerate(split.training.item_ids)}
    wanted = np.array([code.get(one.item_ids[0], -1) for one in asked])[:, None]
    found = {}
    for ranker in rankers(split.training, split.live, LISTS, seed=seed):
        ranked = rank_targets(ranker, targets, len(code), progress, among=split.among)
        there = (ranked.top[place] == wanted) & (wanted >= 0)
        found[ranker.name] = {
            metric: there[:, : rows * columns].any(axis=1).astype(np.float64)
            for metric, (rows, columns) in SCREENS.items()
        }
    return found


def _no_time() -> float:
    return 0.0
