"""Parts of an evaluation of pages: each is some members' targets, made by one process and kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pasand.cli.options import commit
from pasand.cli.page_homes import open_trained, read_past, train_home

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pasand.cli.page_homes import Opened, Reading
    from pasand.domain.page import Page
    from pasand.domain.query import Query
    from pasand.evaluation.splits import Split
    from pasand.flows.evaluating_pages import Promise, Variant
    from pasand.flows.page_moments import Asked
    from pasand.pipeline import Arranger

__all__ = ["ARRANGERS", "Setting", "Task", "make_part", "parts", "setting_of"]

#: Arrangers that stand beside the plan's own, by the policy they are.
ARRANGERS = {"template": "template", "independent": "independent", "list": "one-list"}
#: So many targets are a part. Each part walks the whole log, so there should not be too many.
PART_SIZE = 2_500


@dataclass(frozen=True, slots=True)
class Task:
    """One evaluation: of which data (a folder, or "world"), where it keeps what it has done, of
    about how many targets, and whether parts and signals are left out one at a time.
    """

    data: str
    folder: Path
    target_count: int = 0
    removal: bool = True
    seed: int = 1
    sequence_seconds: int = 900


@dataclass(frozen=True)
class Setting:
    """What a task needs in a process: data, split, targets, and the trained home."""

    task: Task
    reading: Reading
    split: Split
    opened: Opened

    @cached_property
    def asked(self) -> list[Asked]:
        """The targets of grown-ups, in the order in which their pages were made."""
        from pasand.flows.evaluating_pages import sample
        from pasand.flows.page_moments import asked_of

        count = self.task.target_count or self.reading.target_count
        member_of = self.opened.service.member_of
        asked = [
            one
            for one in asked_of(self.reading.past, self.split.targets)
            if not ((member := member_of(one.member_id)) and member.is_child)
        ]
        return self.reading.wished(sample(asked, count, self.task.seed))

    @property
    def part_count(self) -> int:
        """How many parts there are."""
        return 1 + len(self.asked) // PART_SIZE

    @cached_property
    def variants(self) -> dict[str, Variant]:
        """Every way of making a page, by the name of its policy."""
        from pasand.flows.evaluating_pages import variants_of

        plan = self.opened.plan_of({})
        scorers = ["blend" if name == "ranker" else name for name in plan.scorers]
        if not self.task.removal:
            return variants_of(plan, {}, ())
        poorer = {"ranker": self.opened.plan_of({"scorers": scorers})}
        if "ranker" not in plan.scorers:
            poorer = {}
        return variants_of(plan, poorer, ("context", "profile", *self.reading.signals))

    @cached_property
    def arrangers(self) -> dict[str, Arranger]:
        """The arrangers that stand beside the plan's own."""
        from pasand.pipeline import PageWriter

        found: dict[str, Arranger] = {}
        for name, arranger in ARRANGERS.items():
            made = self.opened.plan_of({"arranger": arranger}).arranger
            assert not isinstance(made, PageWriter), "it arranges rows"
            found[name] = made
        return found

    @cached_property
    def promises(self) -> dict[str, Promise]:
        """What is promised of every page, by the figure that says how far it is kept."""
        from pasand.evaluation.page_figures import strongest_first
        from pasand.evaluation.page_metrics import WHOLE
        from pasand.evaluation.row_coherence import row_coherence
        from pasand.stages.arranging.proposed import worth_of

        makers = self.opened.plan_of({}).row_makers.values()

        def strongest(query: Query, page: Page) -> float:
            rows = [row for row in page.rows if row.shape != "hero"][: WHOLE[0]]
            table = self.attention[query.device]
            return strongest_first([worth_of(row)[: WHOLE[1]] for row in rows], table)

        return {
            "row_coherence": lambda query, page: row_coherence(query, page, makers),
            "strongest_first": strongest,
        }

    @cached_property
    def attention(self) -> dict[str, NDArray[np.float64]]:
        """How much each cell is looked at, by device: what the package ships, for all policies."""
        from pasand.domain.events import DEVICES
        from pasand.evaluation.page_metrics import WHOLE
        from pasand.stages.arranging.attention import extended, shipped_table

        return {device: extended(shipped_table(device), *WHOLE) for device in DEVICES}

    @property
    def attention_hash(self) -> str:
        """What names the tables that the package ships."""
        from pasand.stages.arranging.attention import table_hash
        from pasand.stages.arranging.shipped_attention import COLUMNS, ROWS

        return table_hash(ROWS, COLUMNS)

    @cached_property
    def folder(self) -> Path:
        """Where the parts are kept: another one for other pages, data, targets, metrics or code."""
        from pasand.domain.ids import short_hash
        from pasand.evaluation.page_metrics import METRICS

        plans = {name: (it.plan.version, it.signal) for name, it in self.variants.items()}
        tables = [table.tobytes() for table in self.attention.values()]
        task, hashes = self.task, dict(self.reading.data.hashes)
        asked = (task.target_count, task.seed, hashes, PART_SIZE, commit())
        said = repr((self.opened.models.snapshot_id, plans, ARRANGERS, METRICS, tables, asked))
        return self.task.folder / f"parts-{short_hash(said.encode())}"


@lru_cache(maxsize=1)
def setting_of(task: Task) -> Setting:
    """Return a task's setting; the first time its home is filled and learns."""
    from pasand.evaluation.protocols import split_by

    reading = read_past(task.data)
    split = split_by(reading.protocol, reading.data, None)
    home = task.folder / "home"
    train_home(home, reading, split, task.sequence_seconds)
    return Setting(task, reading, split, open_trained(home))


def parts(task: Task) -> list[tuple[Task, int]]:
    """Return the parts of a task."""
    return [(task, number) for number in range(setting_of(task).part_count)]


def make_part(part: tuple[Task, int]) -> dict[str, NDArray[np.float32]]:
    """Return the metrics of one part's targets by policy, and under "number" which ones they are;
    made now or taken from where they were kept.
    """
    import numpy as np

    from pasand.flows.evaluating_pages import measured

    setting = setting_of(part[0])
    path = setting.folder / f"{part[1]:02d}.npz"
    if path.exists():
        with np.load(path) as kept:
            return dict(kept)
    place = {name: at for at, name in enumerate(sorted({a.member_id for a in setting.asked}))}
    count = setting.part_count
    own = [one for one in setting.asked if place[one.member_id] % count == part[1]]
    reading, opened = setting.reading, setting.opened
    found: dict[str, Any] = measured(
        reading.past,
        opened.service,
        own,
        setting.variants,
        setting.arrangers,
        setting.attention,
        setting.promises,
    )
    found["number"] = np.array([one.number for one in own])
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part.npz")
    np.savez(partial, **found)
    partial.rename(path)
    return found
