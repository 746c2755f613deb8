"""Operators' rules at the door: checked before they are stored, and previewed on real members.

A preview makes every page twice at one moment, as it is and as it would be, and saves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import numpy as np

from pasand.domain.catalog import Catalog
from pasand.domain.events import DEVICES
from pasand.domain.ids import check_id, short_hash
from pasand.domain.page import Page
from pasand.domain.query import Query
from pasand.domain.rule_language import AllOf, AnyOf, Check, Expression, Not, parse_rule
from pasand.domain.rule_masks import mask_of, said_of
from pasand.domain.rules import Rule, rule_book
from pasand.domain.times import write_time
from pasand.errors import InvalidInput, NotFound
from pasand.flows.engine import Engine, PageRequest
from pasand.flows.homepage import serve_page
from pasand.flows.rule_keeper import with_rules
from pasand.pipeline import Trace
from pasand.ports import Ledger

__all__ = ["checked_rule", "preview", "put_rule", "removed_rule", "rule_told", "tested"]

Json = dict[str, Any]

RULE_COUNT_MAX = 200
EXAMPLE_COUNT = 10
AUTHOR_LENGTH_MAX = 80
_FACETS = {"item.genre": "genre", "item.tag": "tag", "item.person": "person",
           "item.region": "region"}  # fmt: skip


def checked_rule(
    text: str,
    *,
    now_ms: int,
    rule_id: str = "",
    author: str = "",
    from_ms: int | None = None,
    until_ms: int | None = None,
    on: bool = True,
) -> Rule:
    """Return a rule that can be stored.

    Raises:
        InvalidInput: its text cannot be read, or it would never act.
    """
    parse_rule(text)
    text = text.strip()
    if until_ms is not None and until_ms <= max(from_ms or now_ms, now_ms):
        raise InvalidInput(
            "The rule ends before it begins.", field="until", fix="Give a later moment."
        )
    name = check_id(rule_id, "rule_id") if rule_id else f"rule_{short_hash(text.encode(), 4)}"
    return Rule(
        rule_id=name,
        text=text,
        author=author[:AUTHOR_LENGTH_MAX],
        created_ms=now_ms,
        from_ms=from_ms,
        until_ms=until_ms,
        on=on,
    )


def put_rule(ledger: Ledger, rule: Rule) -> int:
    """Store a rule and return the version that begins with it.

    Raises:
        InvalidInput: there are too many.
    """
    others = [one for one in ledger.rules() if not one.removed and one.rule_id != rule.rule_id]
    if len(others) >= RULE_COUNT_MAX and not rule.removed:
        raise InvalidInput(
            f"There are {RULE_COUNT_MAX} rules, which is the most.",
            field="rule",
            fix="Remove one, or join some: pasand rules list",
        )
    return ledger.put_rule(rule)


def removed_rule(ledger: Ledger, rule_id: str) -> Rule:
    """Return a rule as it is stored once it is removed.

    Raises:
        NotFound: there is no such rule.
    """
    for rule in ledger.rules():
        if rule.rule_id == rule_id and not rule.removed:
            return replace(rule, removed=True)
    raise NotFound(f"There is no rule {rule_id}.", field="rule_id", fix="pasand rules list")


def rule_told(rule: Rule, now_ms: int) -> Json:
    """Return a rule as JSON values."""
    return {
        "rule_id": rule.rule_id,
        "rule": rule.text,
        "author": rule.author,
        "created": write_time(rule.created_ms),
        "from": None if rule.from_ms is None else write_time(rule.from_ms),
        "until": None if rule.until_ms is None else write_time(rule.until_ms),
        "on": rule.on,
        "acts": rule.acts_at(now_ms),
    }


def tested(text: str, catalog: Catalog, at_ms: int) -> Json:
    """Return what a rule says and which items it can be about, whoever asks.

    Raises:
        InvalidInput: it cannot be read.
    """
    does = parse_rule(text)
    if does.verb == "pin":
        at = catalog.find(does.name) if does.target == "item" else -1
        found = np.array([at] if at >= 0 else [], np.intp)
    else:
        found = np.flatnonzero(mask_of(_possible(does.when, True), catalog, at_ms))
    items = [catalog.items[at] for at in found[:EXAMPLE_COUNT].tolist()]
    warnings = [
        f"No item has {check.field} {word!r}{_near(catalog, check, word)}"
        for check in said_of(does.when)
        for word in (check.value if isinstance(check.value, tuple) else ())
        if isinstance(word, str) and _is_strange(catalog, check.field, word)
    ]
    if does.target == "item" and not len(found):
        warnings.append(f"There is no item {does.name!r} yet.")
    return {
        "verb": does.verb,
        "items": len(found),
        "examples": [{"item_id": item.item_id, "title": item.title} for item in items],
        "warnings": warnings,
    }


def preview(engine: Engine, rule: Rule, member_ids: Sequence[str], device: str = "desktop") -> Json:
    """Return what would change on these members' pages if the rule stood beside the others.

    Raises:
        InvalidInput: there is no such device.
    """
    if device not in DEVICES:
        raise InvalidInput(
            f"device is {device[:40]!r}.", field="device", fix=f"One of {', '.join(DEVICES)}."
        )
    now_ms = engine.now_ms()
    others = [one for one in engine.stores.ledger.rules() if one.rule_id != rule.rule_id]
    book = rule_book([*others, replace(rule, on=True, from_ms=None, until_ms=None)], -1)
    pages: list[Json] = []
    for member_id in member_ids:
        asked = PageRequest(member_id=member_id, device=device, at_ms=now_ms)
        query, _ = engine.query(asked)
        after = with_rules(query, engine.members.get(member_id), book)
        acts = any(one.rule_id == rule.rule_id for one in after.rules.active)
        change = _changes(query.catalog, _page(engine, query), _page(engine, after))
        pages.append({"member_id": member_id, "acts": acts, **change})
    names = ("enter", "leave", "move")
    counts = {name: sum(len(page[name]) for page in pages) for name in names}
    return {
        "members": len(pages),
        "changed": sum(1 for page in pages if any(page[name] for name in names)),
        "acts_on": sum(1 for page in pages if page["acts"]),
        "cells": counts,
        "pages": pages,
    }


def _page(engine: Engine, query: Query) -> Page:
    child = engine.is_child(query.member_id)
    plans = engine.live.ladder(personal=engine.is_personal(query), child=child)
    return serve_page(query, plans, Trace(engine.timer))[0]


def _changes(catalog: Catalog, before: Page, after: Page) -> Mapping[str, list[Json]]:
    """Return the cells that enter, leave and move between two pages."""
    old, new = _places(before), _places(after)

    def told(at: int) -> Json:
        item = catalog.items[at]
        places = {"from": old.get(at), "to": new.get(at)}
        return {"item_id": item.item_id, "title": item.title, **places}

    return {
        "enter": [told(at) for at in new if at not in old],
        "leave": [told(at) for at in old if at not in new],
        "move": [told(at) for at in new if at in old and _moved(old[at], new[at])],
    }


def _moved(before: Json, after: Json) -> bool:
    """Return whether a cell stands elsewhere; a row that only slid down moved none of its cells."""
    return any(before[name] != after[name] for name in ("row_id", "column"))


def _places(page: Page) -> dict[int, Json]:
    return {
        at: {"row": row_at, "row_id": row.row_id, "column": column}
        for row_at, row in enumerate(page.rows)
        for column, at in enumerate(row.position.tolist())
    }


def _possible(said: Expression, wanted: bool) -> Expression:
    """Return the condition with what is said of member and request taken for ``wanted``."""
    if isinstance(said, Check):
        return said if said.field.startswith("item.") else wanted
    if isinstance(said, Not):
        return Not(_possible(said.part, not wanted))
    if isinstance(said, (AllOf, AnyOf)):
        return type(said)(tuple(_possible(part, wanted) for part in said.parts))
    return said


def _words(catalog: Catalog, field: str) -> Sequence[str] | Mapping[str, int]:
    facet = _FACETS.get(field)
    return getattr(catalog, facet).code if facet else ()


def _is_strange(catalog: Catalog, field: str, word: str) -> bool:
    if field == "item.id":
        return catalog.find(word) < 0
    return field in _FACETS and word not in _words(catalog, field)


def _near(catalog: Catalog, check: Check, word: str) -> str:
    near = get_close_matches(word, _words(catalog, check.field), 1, 0.6)
    return f"; did you mean {near[0]!r}?" if near else "."
