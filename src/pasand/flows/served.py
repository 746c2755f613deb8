"""A page as it was served: what is logged of it, so that it can be explained and learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pasand.domain.candidates import Candidates
from pasand.domain.events import Event
from pasand.domain.page import REASONS, Page, Row
from pasand.domain.query import Query
from pasand.pipeline import Trace

__all__ = ["PARTS", "Served", "page_event"]

#: The parts of a score that are logged beside each cell, in thousandths.
PARTS = ("covisit", "ease", "popular", "trending", "taste", "fresh", "context")


@dataclass(frozen=True, slots=True)
class Served:
    """A page with the query it answers and the candidates it was made from."""

    query: Query
    page: Page
    candidates: Candidates | None
    trace: Trace
    page_id: str


def page_event(served: Served, after: str = "") -> Event:
    """Return the page_served event: one block with everything the page showed and why.

    ``after`` is the page that this one continues.
    """
    query, page = served.query, served.page
    return Event(
        event_id=served.page_id,
        kind="page_served",
        occurred_ms=query.at_ms,
        member_id=query.member_id,
        device=query.device,
        page_id=served.page_id,
        surface=query.surface,
        country=query.country,
        time_zone=query.time_zone,
        payload={
            "seed": query.seed,
            "after": after,
            "plan": page.plan,
            "snapshot": page.snapshot,
            "catalog_version": page.catalog_version,
            "profile_version": query.profile.event_count,
            "degraded": page.degraded.level if page.degraded else 0,
            "rows": [_row_block(served, row) for row in page.rows],
        },
    )


def _row_block(served: Served, row: Row) -> dict[str, Any]:
    catalog = served.query.catalog
    ids = catalog.item_ids
    artworks = catalog.artwork
    names, code, start = artworks.names, artworks.value, artworks.start
    assert row.artwork is not None and row.artwork_propensity is not None
    block: dict[str, Any] = {
        "row_id": row.row_id,
        "kind": row.kind,
        "title": row.title,
        "items": [ids[position] for position in row.position.tolist()],
        "artworks": [
            names[code[start[position] + artwork]] if artwork >= 0 else ""
            for position, artwork in zip(row.position.tolist(), row.artwork.tolist(), strict=True)
        ],
        "propensity": None if row.propensity is None else _thrifty(row.propensity),
        "artwork_propensity": _thrifty(row.artwork_propensity),
        "score": _thousandths(row.score),
    }
    if row.reason is not None and row.cause is not None:
        block["reason"] = [REASONS[code] for code in row.reason.tolist()]
        block["cause"] = [ids[at] if at >= 0 else "" for at in row.cause.tolist()]
    if served.candidates is not None and len(served.candidates):
        at = np.searchsorted(served.candidates.position, row.position)
        block["parts"] = {
            name: _thousandths(served.candidates[f"part.{name}"][at])
            for name in PARTS
            if f"part.{name}" in served.candidates
        }
    return block


def _thousandths(values: Any) -> list[int]:
    thousandths: list[int] = np.rint(1000.0 * np.asarray(values)).astype(np.int64).tolist()
    return thousandths


def _thrifty(values: Any) -> Any:
    """Return one number where all cells share it, else the exact list."""
    numbers = np.asarray(values, np.float64).tolist()
    return numbers[0] if numbers and len(set(numbers)) == 1 else numbers
