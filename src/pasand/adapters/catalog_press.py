"""The process that makes one snapshot of a large catalogue, and ends.

``python -m pasand.adapters.catalog_press STORE FOLDER TENANT NICE`` is started by
``catalog_folder.py``. It reads the store beside its owner and writes nothing but the snapshot's
folder.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from pasand.adapters.catalog_folder import save_catalog
from pasand.adapters.sqlite_database import Database
from pasand.adapters.sqlite_stores import SqliteCatalogStore
from pasand.domain.packed_items import arrays_of

__all__ = ["press"]


def press(store: Path, folder: Path, tenant: str) -> None:
    """Make a snapshot of what the store holds."""
    database = Database(store, read_only=True)
    try:
        catalog = SqliteCatalogStore(database, tenant)
        # The version before the items: what is written in between is taken again by who serves.
        version = catalog.item_version()
        arrays = arrays_of(catalog.records())
    finally:
        database.close()
    save_catalog(folder, tenant, version, arrays)


if __name__ == "__main__":
    with suppress(OSError):
        os.nice(int(sys.argv[4]))
    press(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
