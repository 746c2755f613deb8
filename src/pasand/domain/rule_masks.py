"""Conditions of rules over a whole catalogue: member and request folded first, then one mask.

``bound`` replaces what is said of member and request by what is true of this request, so that
what remains speaks of items alone. ``mask_of`` turns that into one truth an item, kept with the
catalogue snapshot; where the moment matters, for as long as no item crosses a bound of it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Catalog, Item, Ragged
from pasand.domain.rule_fields import FIELDS
from pasand.domain.rule_language import AllOf, AnyOf, Check, Expression, Not

__all__ = ["Facts", "bound", "mask_of", "said_of"]

#: What is true of one request, by field.
Facts = Mapping[str, str | float | bool]
Mask = NDArray[np.bool_]

_EVER_MS = 2**62
#: Masks kept with one catalogue, of one byte an item.
KEPT_COUNT_MAX = 256
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_WORDS = {"item.genre": "genre", "item.tag": "tag", "item.person": "person",
          "item.region": "region"}  # fmt: skip
_READ: dict[str, Callable[[Item], Any]] = {
    "item.id": lambda item: item.item_id,
    "item.title": lambda item: item.title,
    "item.type": lambda item: item.type,
    "item.language": lambda item: item.language,
    "item.series": lambda item: item.series_id,
    "item.currency": lambda item: item.currency,
    "item.year": lambda item: item.year,
    "item.maturity": lambda item: item.maturity,
    "item.runtime": lambda item: item.runtime_minutes,
    "item.price": lambda item: item.price,
    "item.stock": lambda item: item.stock,
    "item.released": lambda item: item.released_ms,
    "item.added": lambda item: item.available_from_ms,
    "item.leaves": lambda item: item.available_until_ms,
}


class Kept(NamedTuple):
    """A mask, and the moments from and until which it stays what it is."""

    mask: Mask
    from_ms: int = -_EVER_MS
    until_ms: int = _EVER_MS


def bound(said: Expression, facts: Facts) -> Expression:
    """Return what remains of a condition when it is known who asks for what."""
    if isinstance(said, bool):
        return said
    if isinstance(said, Check):
        return said if said.field.startswith("item.") else _holds(said, facts.get(said.field))
    if isinstance(said, Not):
        part = bound(said.part, facts)
        return not part if isinstance(part, bool) else Not(part)
    enough = isinstance(said, AnyOf)
    parts = [bound(part, facts) for part in said.parts]
    if enough in parts:
        return enough
    rest = tuple(part for part in parts if not isinstance(part, bool))
    if len(rest) < 2:
        return rest[0] if rest else not enough
    return AnyOf(rest) if enough else AllOf(rest)


def mask_of(said: Expression, catalog: Catalog, at_ms: int) -> Mask:
    """Return for every item of the catalogue whether a bound condition holds; not to be changed."""
    return _kept(said, catalog, at_ms).mask


def said_of(said: Expression) -> list[Check]:
    """Return every comparison of a condition."""
    if isinstance(said, Check):
        return [said]
    parts = (said.part,) if isinstance(said, Not) else getattr(said, "parts", ())
    return [check for part in parts for check in said_of(part)]


def _kept(said: Expression, catalog: Catalog, at_ms: int) -> Kept:
    memory: dict[Expression, Kept] = catalog.memory("rules.masks")
    kept = memory.get(said)
    if kept is None or not kept.from_ms <= at_ms < kept.until_ms:
        if len(memory) >= KEPT_COUNT_MAX:
            memory.clear()
        kept = memory[said] = _made(said, catalog, at_ms)
        kept.mask.flags.writeable = False
    return kept


def _made(said: Expression, catalog: Catalog, at_ms: int) -> Kept:
    if isinstance(said, bool):
        return Kept(np.full(len(catalog), said))
    if isinstance(said, Check):
        return _checked(said, catalog, at_ms)
    parts = said.parts if isinstance(said, (AllOf, AnyOf)) else (said.part,)
    made = [_kept(part, catalog, at_ms) for part in parts]
    masks = [one.mask for one in made]
    if isinstance(said, Not):
        mask = ~masks[0]
    else:
        mask = (np.any if isinstance(said, AnyOf) else np.all)(masks, axis=0)
    return Kept(mask, max(one.from_ms for one in made), min(one.until_ms for one in made))


def _checked(said: Check, catalog: Catalog, at_ms: int) -> Kept:
    assert not isinstance(said.value, bool), "items have no flags"
    if said.field in _WORDS:
        facet: Ragged = getattr(catalog, _WORDS[said.field])
        mask = np.zeros(len(catalog), bool)
        for code in (facet.code.get(str(word)) for word in said.value):
            if code is not None:
                mask[facet.having(code)] = True
        return Kept(mask)
    column = _column(said.field, catalog)
    if said.op == "within":
        ahead = FIELDS[said.field].kind == "ahead"
        return _within(column, float(said.value[0]), at_ms, ahead)
    if FIELDS[said.field].kind == "text":
        among = np.isin(column, np.array(said.value, column.dtype if not len(column) else None))
        return Kept(among if said.op == "in" else ~among & (column != ""))
    if said.op in _COMPARE:
        return Kept(_COMPARE[said.op](column, said.value[0]))
    among = np.isin(column, np.array(said.value, np.float64))
    return Kept(among if said.op == "in" else ~among & ~np.isnan(column))


def _within(moment: NDArray[np.float64], span_ms: float, at_ms: int, ahead: bool) -> Kept:
    """Return which moments lie at most ``span_ms`` back (or ahead), and until when that holds."""
    begins = moment - span_ms if ahead else moment
    ends = moment if ahead else moment + span_ms
    mask = (begins <= at_ms) & (at_ms < ends)
    bounds = np.concatenate([begins, ends])
    after, before = bounds[bounds > at_ms], bounds[bounds <= at_ms]
    until = int(after.min()) if len(after) else _EVER_MS
    return Kept(mask, int(before.max()) if len(before) else -_EVER_MS, until)


def _column(field: str, catalog: Catalog) -> NDArray[Any]:
    """Return one field of all items: texts, or numbers with nan where it is unknown."""
    memory = catalog.memory("rules.columns")
    column = memory.get(field)
    if column is None:
        values = [_READ[field](item) for item in catalog.items]
        if FIELDS[field].kind == "text":
            column = np.array(values, np.str_)
        else:
            column = np.array([np.nan if v is None else v for v in values], np.float64)
        memory[field] = column
    return np.asarray(column)


def _holds(said: Check, fact: str | float | bool | None) -> bool:
    """Return whether a comparison is true of one fact; nothing is true of what is unknown."""
    if fact is None or fact == "":
        return False
    if isinstance(said.value, bool):
        return bool(fact) == said.value
    if said.op in _COMPARE:
        return bool(_COMPARE[said.op](fact, said.value[0]))
    return (fact in said.value) == (said.op == "in")
