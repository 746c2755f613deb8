"""Keeping operators' rules: read from the ledger, and met with each request.

Every process that makes pages looks once a second whether the ledger has a newer version.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from pasand.domain.member import Member
from pasand.domain.query import Query
from pasand.domain.rule_fields import WEEKDAYS
from pasand.domain.rule_masks import Facts
from pasand.domain.rules import RuleBook, rule_book
from pasand.ports import Ledger

__all__ = ["RuleKeeper", "facts_of", "with_rules"]

_log = logging.getLogger(__name__)


class RuleKeeper:
    """The rules as they stand, read once a version."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.book = RuleBook()
        self.refresh()

    def refresh(self) -> None:
        """Read the rules anew where they changed."""
        version = self._ledger.rule_version()
        if version != self.book.version:
            self.book = rule_book(self._ledger.rules(version), version)
            for rule_id, reason in self.book.unread:
                _log.error("rule %s cannot be read and does nothing: %s", rule_id, reason)

    def met(self, query: Query, member: Member | None) -> Query:
        """Return the query with the rules that act on it."""
        return with_rules(query, member, self.book)


def with_rules(query: Query, member: Member | None, book: RuleBook) -> Query:
    """Return the query with those of the book's rules that act on it."""
    if not book.version:
        return query
    return replace(query, rules=book.met(facts_of(query, member), query.at_ms))


def facts_of(query: Query, member: Member | None) -> Facts:
    """Return what rules may ask of member and request, by field."""
    local = query.local
    return {
        "member.country": member.country if member else "",
        "member.language": member.language if member else "",
        "member.is_child": member is not None and member.is_child,
        "member.is_known": query.known,
        "member.ceiling": query.maturity_ceiling,
        "member.events": query.profile.event_count,
        "request.device": query.device,
        "request.surface": query.surface,
        "request.country": query.country,
        "request.locale": query.locale,
        "request.hour": local.hour,
        "request.weekday": WEEKDAYS[local.weekday()],
        "request.is_weekend": local.weekday() >= 5,
        "request.month": local.month,
        "request.day": local.day,
    }
