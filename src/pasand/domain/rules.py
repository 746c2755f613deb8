"""Operators' rules: as they are stored, as they are read, and as one request meets them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pasand.domain.catalog import Catalog
from pasand.domain.rule_language import Directive, parse_rule
from pasand.domain.rule_masks import Facts, bound, mask_of
from pasand.errors import CallerError

__all__ = ["NO_RULES", "Active", "Rule", "RuleBook", "RuleSet", "rule_book"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule as stored. It acts from ``from_ms`` until ``until_ms`` (None: without end) while it
    is ``on``; ``removed`` ones stay in the ledger, so that pages of before can be explained.
    """

    rule_id: str
    text: str
    author: str = ""
    created_ms: int = 0
    from_ms: int | None = None
    until_ms: int | None = None
    on: bool = True
    removed: bool = False

    def acts_at(self, at_ms: int) -> bool:
        """Return whether the rule acts at a moment."""
        began = self.from_ms is None or self.from_ms <= at_ms
        return self.on and not self.removed and began and not self.over_at(at_ms)

    def over_at(self, at_ms: int) -> bool:
        """Return whether its time has passed."""
        return self.until_ms is not None and at_ms >= self.until_ms


@dataclass(frozen=True, slots=True)
class Active:
    """A rule that acts on one request; what it says of member and request has been settled."""

    rule_id: str
    does: Directive

    def mask(self, catalog: Catalog, at_ms: int) -> NDArray[np.bool_]:
        """Return for every item whether the rule's condition holds."""
        return mask_of(self.does.when, catalog, at_ms)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules that act on one request, oldest first. ``version`` names them all in the ledger,
    those too that do not act here; 0 stands for none.
    """

    version: int = 0
    active: tuple[Active, ...] = ()
    #: what was true of the request, so that the same rules can be met again
    facts: Facts = field(default_factory=dict)

    def of(self, *verbs: str) -> tuple[Active, ...]:
        """Return those of these verbs."""
        return tuple(one for one in self.active if one.does.verb in verbs)


NO_RULES = RuleSet()


@dataclass(frozen=True, slots=True)
class RuleBook:
    """All rules of one version, read: each with what it does."""

    version: int = 0
    entries: tuple[tuple[Rule, Directive], ...] = ()
    #: rules that cannot be read any more, with the reason
    unread: tuple[tuple[str, str], ...] = ()

    def met(self, facts: Facts, at_ms: int) -> RuleSet:
        """Return what acts on a request of which ``facts`` are true."""
        active = []
        for rule, does in self.entries:
            if rule.acts_at(at_ms):
                when = bound(does.when, facts)
                if when is not False:
                    active.append(Active(rule.rule_id, replace(does, when=when)))
        return RuleSet(self.version, tuple(active), facts)


def rule_book(rules: Sequence[Rule], version: int) -> RuleBook:
    """Return the book of stored rules; what cannot be read is left out and told."""
    entries, unread = [], []
    for rule in rules:
        if rule.removed:
            continue
        try:
            entries.append((rule, parse_rule(rule.text)))
        except CallerError as error:
            unread.append((rule.rule_id, str(error)))
    return RuleBook(version, tuple(entries), tuple(unread))
