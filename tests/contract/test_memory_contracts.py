"""Goal: the stores in dictionaries keep what every port promises."""

from __future__ import annotations

from pasand.adapters.memory import MemoryLedger, MemoryModelStore, MemoryStore
from pasand.testing import contracts, model_contracts


class TestMemoryEventLog(contracts.EventLogContract):
    def make(self) -> MemoryStore:
        return MemoryStore()


class TestMemoryCatalogStore(contracts.CatalogStoreContract):
    def make(self) -> tuple[MemoryStore, MemoryStore]:
        store = MemoryStore()
        return store, store


class TestMemoryProfileStore(contracts.ProfileStoreContract):
    def make(self) -> tuple[MemoryStore, MemoryStore]:
        store = MemoryStore()
        return store, store


class TestMemoryLedger(contracts.LedgerContract):
    def make(self) -> MemoryLedger:
        return MemoryLedger()


class TestMemoryModelStore(model_contracts.ModelStoreContract):
    def make(self) -> MemoryModelStore:
        return MemoryModelStore()
