"""The gate's child process: loads one snapshot, asks it what the gate wants to know, and ends.

``python -m pasand.cli.gate_process HOME SNAPSHOT AFTER_MS UNTIL_MS MEGABYTES SECONDS`` is started
by ``gate.py``. It writes nothing but its report, as JSON, on standard output. Whatever a snapshot
does to it, who asked lives on.
"""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pasand.flows.gating import Report, Stretch
    from pasand.flows.live import Stores
    from pasand.settings import Settings

__all__ = ["examined"]


def examined(stores: Stores, settings: Settings, snapshot_id: str, stretch: Stretch) -> Report:
    """Return what can be found out about a snapshot; every error is a fault of it."""
    from pasand.cli.gate import examiner_over
    from pasand.errors import SnapshotDamaged
    from pasand.flows.catalog_keeper import CatalogKeeper
    from pasand.flows.choosing import weights_in
    from pasand.flows.gating import Report, Stretch, faults_of_arrays
    from pasand.flows.learning import of_series
    from pasand.stages.models import Models, Vocabulary

    try:
        arrays, about = stores.models.load(snapshot_id)
        catalog = CatalogKeeper(stores.catalog, stores.shelf).snapshot()
        faults = faults_of_arrays(arrays, about, catalog)
        if faults:
            return Report(snapshot_id, tuple(faults))
        kinds = weights_in(settings).interaction
        interactions = of_series(stores.log.interactions(kinds), catalog)
        examiner = examiner_over(stores, settings, catalog)(interactions)
        models = Models(snapshot_id, arrays, Vocabulary(arrays["item_ids"]))
        page_count, faults = examiner.pages(models)
        if faults or stretch == Stretch():
            return Report(snapshot_id, tuple(faults), page_count)
        ranking = examiner.rank(models, stretch)
        return Report(snapshot_id, ranking.failed, page_count, ranking.quality())
    except SnapshotDamaged as error:
        return Report(snapshot_id, (error.message,))
    except MemoryError:
        return Report(snapshot_id, ("it needs more memory than the gate allows",))
    except Exception as error:
        return Report(
            snapshot_id, (f"no pages can be made of it: {type(error).__name__}: {error}",)
        )


def limit(megabytes: int, seconds: int) -> None:
    """Bound this process's own memory, mapped files aside, and its time."""
    signal.alarm(seconds)
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (megabytes << 20, megabytes << 20))


def _main(home: str, snapshot_id: str, after: str, until: str, memory: str, seconds: str) -> None:
    limit(int(memory), int(seconds))
    import msgspec

    from pasand.bootstrap import read_home
    from pasand.flows.gating import Stretch
    from pasand.settings import load_settings

    settings = load_settings(Path(home) / "pasand.toml")
    stores, database = read_home(Path(home), settings)
    report = examined(stores, settings, snapshot_id, Stretch(int(after), int(until)))
    database.close()
    sys.stdout.buffer.write(b"\n" + msgspec.json.encode(report))


if __name__ == "__main__":
    _main(*sys.argv[1:])
