"""What an engine stands on, what serves now, and what may be asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from pasand.domain.member import Member
from pasand.domain.profile import Profile
from pasand.flows.member_states import Encoded, MemberStates
from pasand.member_ports import ErasureLedger
from pasand.model_ports import ModelStore
from pasand.pipeline import Plan
from pasand.ports import CatalogStore, Clock, EventLog, Ledger, ProfileStore, SearchIndex, Storage
from pasand.stages.models import Models

__all__ = ["Live", "PageRequest", "Shown", "Stores"]


@dataclass(frozen=True, slots=True)
class Stores:
    """The ports an engine stands on."""

    log: EventLog
    catalog: CatalogStore
    profiles: ProfileStore
    ledger: Ledger
    models: ModelStore
    clock: Clock
    erasures: ErasureLedger | None = None
    storage: Storage | None = None
    search: SearchIndex | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """What serves now, replaced as one: a page never mixes two snapshots.

    ``plans`` is the ladder of a grown-up's page, best first; ``kids_plans`` that of a child's.
    ``states`` are members' histories as the sequence model encoded them, where there is one.
    """

    models: Models
    plans: tuple[Plan, ...]
    reasons: tuple[str, ...] = ()
    kids_plans: tuple[Plan, ...] = ()
    states: MemberStates | None = None

    def ladder(self, *, personal: bool, child: bool) -> tuple[Plan, ...]:
        """Return the plans to try for one page, best first."""
        if not personal:
            return self.plans[1:]
        return self.kids_plans or self.plans[1:] if child else self.plans

    def encoded(self, member: Member | None, profile: Profile) -> Encoded | None:
        """Return a history as the sequence model knows it, None for whom no page reads it."""
        if self.states is None or member is None or member.is_child or not member.learned_from:
            return None
        return self.states.of(profile)


class Shown(NamedTuple):
    """The items and the rows, by their ids, on the pages that one continues."""

    items: frozenset[str] = frozenset()
    rows: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """What a caller says of the page they want; None and empty mean "as usual": for the
    ``locale``, the member's own.

    ``plan`` "popular" asks for the page without a person. ``shown`` is what stands on the pages
    that this one continues, where the caller knows it; else it is looked up by ``cursor``.
    ``search`` is what was typed, where results are asked for and no page.
    """

    member_id: str
    device: str = "desktop"
    surface: str = "home"
    country: str = ""
    locale: str = ""
    row_count: int | None = None
    column_count: int | None = None
    at_ms: int | None = None
    cursor: str = ""
    plan: str = ""
    search: str = ""
    shown: Shown | None = None
