"""What a search found as JSON values: the answer of GET /v1/search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pasand.domain.page import Row
from pasand.domain.words import IN_PEOPLE, words_of
from pasand.flows.searching import Results
from pasand.stages.picturing.gallery import first_open
from pasand.web.language import language_of
from pasand.web.page_cells import Cells
from pasand.web.picture_addresses import AddressOf, bare_address

__all__ = ["results_json"]


def results_json(found: Results, address: AddressOf = bare_address) -> dict[str, Any]:
    """Return what a search found as JSON values, each item as a cell of a page would show it.

    A cell's reason says by whom it was found, where the title does not tell.
    """
    query = found.query
    count = len(found.position)
    row = Row(
        row_id="search",
        kind="search",
        title="",
        position=found.position,
        score=np.zeros(count, np.float32),
        artwork=first_open(query, found.position),
        artwork_propensity=np.ones(count),
    )
    language = language_of(query.locale)
    words = words_of(found.meant or query.search)
    cells = Cells(query, [row], language, address=address).values(0, count)
    for cell, position, how in zip(cells, found.position.tolist(), found.closeness, strict=True):
        cell["reason"] = ""
        if how == IN_PEOPLE:
            people = query.catalog.items[position].people
            most = max((len(_begun(one, words)) for one in people), default=0)
            named = [one for one in people if most and len(_begun(one, words)) == most][:2]
            key = "search.with" if len(named) == 1 else "search.with-two"
            said = dict(zip(("person", "other"), named, strict=False))
            cell["reason"] = language.say(key, said) if named else ""
    return {
        "member_id": query.member_id,
        "query": query.search,
        "meant": found.meant or None,
        "count": found.count,
        "cells": cells,
    }


def _begun(name: str, words: Sequence[str]) -> list[str]:
    """Return the words that a name's words begin with."""
    own = words_of(name)
    return [word for word in words if any(part.startswith(word) for part in own)]
