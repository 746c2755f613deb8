"""Goal: two tenants of one store never read each other, whatever they do and in whichever order."""

from __future__ import annotations

import json
import random
import re
import tempfile
import types
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from typer.testing import CliRunner

from pasand.adapters import sqlite_stores
from pasand.bench import tenants
from pasand.bench.tenants import MARKS, OPERATIONS, Leak, measure_tenants
from pasand.cli.app import app

EXAMPLES, STEPS = 100, 60
OPENED = {"sqlite": tenants.sqlite_tenants, "memory": tenants.memory_tenants}
COUNTED = {"sqlite": 0, "memory": 0}


class TwoTenants(RuleBasedStateMachine):
    """One step is one operation of one tenant; ``number`` decides all that it draws."""

    store = "memory"

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        folder = Path(self.open.enter_context(tempfile.TemporaryDirectory()))
        self.pair = self.open.enter_context(OPENED[self.store](folder / "store.db"))

    @rule(act=st.sampled_from(OPERATIONS), swapped=st.booleans(), number=st.integers(0, 10**6))
    def step(self, act: tenants.Act, swapped: bool, number: int) -> None:
        COUNTED[self.store] += 1
        own, other = MARKS[::-1] if swapped else MARKS
        act(self.pair[own], self.pair[other], random.Random(number))

    def teardown(self) -> None:
        self.open.close()


class InSqlite(TwoTenants):
    store = "sqlite"


@pytest.mark.parametrize("machine", (InSqlite, TwoTenants))
def test_two_tenants_never_read_each_other(machine: type[TwoTenants]) -> None:
    quick = settings(
        max_examples=max(EXAMPLES, settings().max_examples),
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=quick)  # type: ignore[no-untyped-call]
    assert COUNTED[machine.store] >= EXAMPLES * STEPS * 0.9


def test_the_driver_finds_no_leak_either(tmp_path: Path) -> None:
    figures, leaks = measure_tenants(tmp_path, 10_000)
    assert leaks == []
    found = {(m.name, m.at["store"]): m.value for m in figures}
    assert found["tenant_steps", "sqlite"] + found["tenant_steps", "memory"] == 10_000
    assert found["tenant_leaks", "sqlite"] == found["tenant_leaks", "memory"] == 0
    assert not list(tmp_path.iterdir())


STORES = ("SqliteCatalogStore", "SqliteProfileStore", "SqliteLedger")
SOURCE = Path(sqlite_stores.__file__).read_text("utf-8")
CLAUSES = [found.span() for found in re.finditer(r"tenant = \?", SOURCE)]


@pytest.mark.parametrize("start,end", CLAUSES)
def test_one_clause_without_its_tenant_is_noticed(
    start: int, end: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = types.ModuleType(sqlite_stores.__name__)
    text = f"{SOURCE[:start]}({SOURCE[start:end]} OR 1){SOURCE[end:]}"
    exec(compile(text, "broken", "exec"), broken.__dict__)
    for name in STORES:
        monkeypatch.setattr(tenants, name, getattr(broken, name))
    chance = random.Random(1)
    with tenants.sqlite_tenants(tmp_path / "store.db") as pair, pytest.raises(Leak):
        for act in chance.choices(OPERATIONS, k=2_000):
            own, other = chance.sample(MARKS, 2)
            act(pair[own], pair[other], chance)


def test_the_command_tells_its_figures() -> None:
    ran = CliRunner().invoke(app, ["bench", "tenants", "--steps", "400", "--seed", "3", "--json"])
    assert ran.exit_code == 0, ran.output
    figures = json.loads(ran.stdout)["figures"]
    assert sum(f["value"] for f in figures if f["name"] == "tenant_steps") == 400
    assert sum(f["value"] for f in figures if f["name"] == "tenant_leaks") == 0
