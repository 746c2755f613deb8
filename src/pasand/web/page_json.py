"""A served page as JSON values: the answer of GET /v1/page and what the web page draws."""

from __future__ import annotations

from typing import Any

from pasand.domain.times import write_time
from pasand.flows.served import Served
from pasand.web.language import language_of
from pasand.web.page_cells import Cells
from pasand.web.picture_addresses import AddressOf, bare_address

__all__ = ["page_json"]


def page_json(
    served: Served, address: AddressOf = bare_address, *, encoded: bool = False
) -> dict[str, Any]:
    """Return the page as JSON values; with ``encoded``, its cells are JSON already. ``address``
    gives pictures their addresses.
    """
    query, page = served.query, served.page
    degraded = page.degraded
    language = language_of(query.locale)
    cells = Cells(query, page.rows, language, served.candidates, address)
    cells_of = cells.encoded if encoded else cells.values
    rows, at = [], 0
    for row in page.rows:
        rows.append(
            {
                "row_id": row.row_id,
                "kind": row.kind,
                "title": language.heading(row.title, row.title_values),
                "title_key": row.title,
                "title_values": row.title_values,
                "evidence": language.say(row.evidence, row.title_values),
                "evidence_key": row.evidence,
                "shape": row.shape,
                "cells": cells_of(at, at + len(row)),
            }
        )
        at += len(row)
    return {
        "page_id": served.page_id,
        "member_id": query.member_id,
        "at": write_time(page.at_ms),
        "device": query.device,
        "locale": query.locale,
        "language": language.code,
        "plan": page.plan,
        "snapshot": page.snapshot,
        "catalog_version": page.catalog_version,
        "profile_version": query.profile.event_count,
        "seed": query.seed,
        "degraded": degraded and {"level": degraded.level, "reasons": list(degraded.reasons)},
        "cursor": served.page_id if page.rows else None,
        "rows": rows,
    }
