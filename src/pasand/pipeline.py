"""The kinds of stage, and the runner that holds them to their promises.

kind      takes               returns                     when it fails
source    query               candidates                  its candidates are missing; noted
filter    query, candidates   a mask                      the page fails: filters guard promises
hydrator  query, candidates   new columns                 its columns are missing; noted
scorer    query, candidates   new columns with `score`    the page fails: a poorer plan is tried
row maker query, candidates   rows                        its rows are missing; noted
arranger  query, rows         a page                      the page fails: a poorer plan is tried
artist    query, page         the page with pictures      the first pictures are shown; noted

Assertions (broken promises between our own modules) are never swallowed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from pasand.domain.candidates import Candidates, Column, union
from pasand.domain.page import Page, Row
from pasand.domain.query import Query
from pasand.ports import Timer

__all__ = [
    "Arranger",
    "Artist",
    "Filter",
    "Hydrator",
    "PageWriter",
    "Plan",
    "RowMaker",
    "Scorer",
    "Source",
    "StageFailed",
    "Trace",
    "hydrate",
    "keep",
    "make_rows",
    "retrieve",
    "score",
]


class Source(Protocol):
    """Proposes items."""

    def __call__(self, query: Query) -> Candidates:
        """Return candidates with this source's own columns."""
        ...


class Filter(Protocol):
    """Guards a promise: what its mask leaves out never reaches the page."""

    def __call__(self, query: Query, candidates: Candidates) -> NDArray[np.bool_]:
        """Return True for each candidate that may stay."""
        ...


class Hydrator(Protocol):
    """Describes member x item x context in columns."""

    def __call__(self, query: Query, candidates: Candidates) -> Mapping[str, Column]:
        """Return new columns."""
        ...


class Scorer(Protocol):
    """Judges candidates."""

    def __call__(self, query: Query, candidates: Candidates) -> Mapping[str, Column]:
        """Return new columns, or a scorer's before it anew; one of a plan's sets `score`."""
        ...


class RowMaker(Protocol):
    """Proposes rows of its ``kinds``, and says what may stand in them."""

    kinds: ClassVar[tuple[str, ...]]

    def __call__(self, query: Query, candidates: Candidates) -> Sequence[Row]:
        """Return proposals, each best cell first."""
        ...

    def holds(self, query: Query, row: Row) -> NDArray[np.bool_]:
        """Return for each cell of a row of this maker whether the row's own rule lets it stand
        there: none does where what the row says of itself is not so.
        """
        ...


class Arranger(Protocol):
    """Chooses which rows, in which order, with which cells."""

    def __call__(self, query: Query, rows: Sequence[Row]) -> Page:
        """Return a page in which no item stands twice."""
        ...


@runtime_checkable
class PageWriter(Protocol):
    """Writes the whole page from the candidates, in place of row makers and an arranger: a plan
    names it as its arranger, and no row makers.
    """

    def write(self, query: Query, candidates: Candidates) -> Page:
        """Return a page in which no item stands twice."""
        ...


class Artist(Protocol):
    """Chooses the picture of each cell."""

    def __call__(self, query: Query, page: Page) -> Page:
        """Return the same page with artwork and its propensity in each cell."""
        ...


class StageFailed(Exception):
    """A stage that the page cannot do without has failed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which stages in which order: data, loaded from TOML; ``version`` is its hash."""

    name: str
    version: str
    snapshot: str
    sources: Mapping[str, Source]
    filters: Mapping[str, Filter]
    hydrators: Mapping[str, Hydrator]
    scorers: Mapping[str, Scorer]
    row_makers: Mapping[str, RowMaker]
    arranger: Arranger | PageWriter
    artist: Artist


@dataclass(slots=True)
class Trace:
    """What happened to one request: time and yield by stage, and what failed."""

    timer: Timer
    took_ms: dict[str, float] = field(default_factory=dict)
    count: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    #: What stood between the stages, where somebody wants to explain the page; else None.
    detail: dict[str, Any] | None = None

    def tell(self, name: str, value: Any) -> None:
        """Keep what stood between two stages."""
        if self.detail is not None:
            self.detail[name] = value

    @contextmanager
    def stage(self, name: str, *, vital: bool) -> Iterator[None]:
        """Time a stage; note its failure, and raise StageFailed where the page needs it."""
        started = self.timer()
        try:
            yield
        except AssertionError:
            raise
        except Exception as error:
            self.failed[name] = f"{type(error).__name__}: {error}"
            if vital:
                raise StageFailed(name) from error
        finally:
            self.took_ms[name] = 1000.0 * (self.timer() - started)


def retrieve(query: Query, sources: Mapping[str, Source], trace: Trace) -> Candidates:
    """Return the union of what the sources propose, without what was shown already."""
    parts = []
    for name, source in sources.items():
        with trace.stage(f"source:{name}", vital=False):
            part = source(query)
            trace.count[name] = len(part)
            parts.append(part)
    found = union(parts)
    if query.skip:
        trace.tell("skipped", found.position)
        found = found.keep(~np.isin(found.position, np.fromiter(query.skip, np.int32)))
    trace.tell("retrieved", found.position)
    return found


def keep(
    query: Query, candidates: Candidates, filters: Mapping[str, Filter], trace: Trace
) -> Candidates:
    """Return the candidates that every filter lets through; a failing filter fails closed."""
    for name, allow in filters.items():
        with trace.stage(f"filter:{name}", vital=True):
            candidates = candidates.keep(allow(query, candidates))
            trace.count[name] = len(candidates)
            trace.tell(f"filter:{name}", candidates.position)
    return candidates


def hydrate(
    query: Query, candidates: Candidates, hydrators: Mapping[str, Hydrator], trace: Trace
) -> Candidates:
    """Return the candidates with every hydrator's columns."""
    for name, describe in hydrators.items():
        with trace.stage(f"hydrator:{name}", vital=False):
            candidates = candidates.extend(describe(query, candidates))
    return candidates


def score(
    query: Query, candidates: Candidates, scorers: Mapping[str, Scorer], trace: Trace
) -> Candidates:
    """Return the candidates with a finite ``score``; a scorer may revise what scorers before it
    said, and nobody else's columns.
    """
    said: set[str] = set()
    for name, judge in scorers.items():
        with trace.stage(f"scorer:{name}", vital=True):
            columns = judge(query, candidates)
            candidates = candidates.without(said & columns.keys()).extend(columns)
            said |= columns.keys()
            if "score" in candidates and not np.isfinite(candidates["score"]).all():
                raise ValueError("a score is not a number")
    assert "score" in candidates, "a scorer of the plan must set `score`"
    return candidates


def make_rows(
    query: Query, candidates: Candidates, row_makers: Mapping[str, RowMaker], trace: Trace
) -> list[Row]:
    """Return every row maker's proposals, in the plan's order."""
    rows: list[Row] = []
    for name, make in row_makers.items():
        with trace.stage(f"row:{name}", vital=False):
            rows.extend(make(query, candidates))
    trace.tell("rows", rows)
    return rows
