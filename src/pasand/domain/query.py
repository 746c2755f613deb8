"""Query: one request with all that a stage may know of it. The same query gives the same page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from pasand.domain.catalog import Catalog
from pasand.domain.counters import CountersView
from pasand.domain.ids import stable_seed
from pasand.domain.member import UNRATED_AGE
from pasand.domain.profile import Profile
from pasand.domain.rules import NO_RULES, RuleSet
from pasand.domain.weights import STREAMING, Weights
from pasand.domain.zones import zone

__all__ = ["DEVICE_SHAPES", "Query"]

#: Rows and columns a device gets unless the request says otherwise.
DEVICE_SHAPES = {
    "phone": (16, 12),
    "tablet": (16, 18),
    "desktop": (20, 24),
    "tv": (20, 20),
    "other": (16, 18),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One page request. ``maturity_ceiling`` is an age; ``at_ms`` the moment of the request.

    ``known`` is False for a member we have never heard of: the page is then the popular one.
    ``skip`` holds catalogue positions that this page leaves out: shown on earlier parts of an
    endless page, or withdrawn since the catalogue's snapshot was made; ``shown_rows`` are the ids
    of the rows on those parts. ``weights`` are the installation's. ``encoded`` is what the
    sequence model has already made of the member's events before the newest one, None where
    nothing was. ``rules`` are the operators' that act here.
    """

    member_id: str
    profile: Profile
    catalog: Catalog
    counters: CountersView
    at_ms: int
    known: bool = True
    time_zone: str = "UTC"
    device: str = "desktop"
    surface: str = "home"
    country: str = ""
    locale: str = "en"
    maturity_ceiling: int = UNRATED_AGE
    search: str = ""
    variants: tuple[str, ...] = ()
    row_count: int = 20
    column_count: int = 24
    seed: int = 0
    skip: frozenset[int] = field(default_factory=frozenset)
    shown_rows: frozenset[str] = frozenset()
    weights: Weights = STREAMING
    encoded: Mapping[str, Any] | None = None
    rules: RuleSet = NO_RULES

    def rng(self, stage: str) -> np.random.Generator:
        """Return the generator of one stage: adding a stage never changes another's draws."""
        return np.random.default_rng(stable_seed(self.seed, stage))

    @property
    def local(self) -> datetime:
        """The member's wall-clock time."""
        return datetime.fromtimestamp(self.at_ms / 1000, UTC).astimezone(zone(self.time_zone))
