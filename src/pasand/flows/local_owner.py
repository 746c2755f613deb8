"""What a command may do to a home that no server owns, in the words of the server that would."""

from __future__ import annotations

from pasand.domain.events import Event
from pasand.domain.weights import Weights
from pasand.flows.catalog_keeper import CatalogKeeper
from pasand.flows.live import Stores
from pasand.flows.profile_keeper import ProfileKeeper
from pasand.ports import Key, Rejected, Verdict

__all__ = ["LocalOwner"]


class LocalOwner:
    """The owner's acts on a home that this process holds; nothing is cached, so none follows."""

    def __init__(self, stores: Stores, weights: Weights) -> None:
        self._stores, self._weights = stores, weights
        self._profiles: ProfileKeeper | None = None

    def append(self, events: list[Event]) -> list[Verdict]:
        """Write events durably."""
        return self._stores.log.append(events)

    def set_aside(self, rejected: list[Rejected]) -> None:
        """Keep what could not be used."""
        self._stores.log.set_aside(rejected)

    def settle_rejected(self, numbers: list[int], renewed: list[Rejected]) -> None:
        """Drop dead letters that were replayed, renew the reason of the others."""
        self._stores.log.settle_rejected(numbers, renewed)

    def refold(self, member_ids: list[str]) -> None:
        """Throw profiles away and fold them again from the log."""
        if self._profiles is None:
            stores = self._stores
            facts = CatalogKeeper(stores.catalog, stores.shelf).facts
            self._profiles = ProfileKeeper(
                stores.profiles, stores.log, facts, weights=self._weights
            )
        self._profiles.renew(member_ids)

    def put_key(self, key: Key) -> None:
        """Store a key."""
        self._stores.ledger.put_key(key)

    def promote(self, snapshot_id: str) -> None:
        """Make a snapshot live."""
        self._stores.ledger.promote(snapshot_id, self._stores.clock.now_ms())

    def refresh(self) -> None:
        """Do nothing: there are no views to make current."""
