"""``pasand bench``: proofs that the promises are kept, which end with an error where one is not."""

from __future__ import annotations

from typing import Annotated

import typer

from pasand.cli.bench import Out, app, own_folder, tell
from pasand.cli.options import JsonOption, bar, say

__all__ = ["app"]

LifeSeed = Annotated[int, typer.Option("--seed", help="Seed of everything that is drawn.")]


@app.command("powercut")
def powercut(
    cuts: Annotated[int, typer.Option(min=1, help="How often the power fails.")] = 2_000,
    control: Annotated[int, typer.Option(min=1, help="Cuts of the control run.")] = 200,
    seed: LifeSeed = 1,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """Cut the power of a simulated disk at any moment: nothing acknowledged may be lost.

    The control run does not wait for the disk (synchronous=NORMAL) and must lose events.

    Example: pasand bench powercut --cuts 10000 --seed 7
    """
    from pasand.bench.powercuts import measure_powercuts

    _keep_quiet()
    found, findings = measure_powercuts(cuts, seed, control, bar("Power cuts"))
    tell("powercut", found, json, out, seed=seed)
    if not next(m.value for m in found if m.name == "powercut_control_lost"):
        findings = [*findings, "the control run lost nothing: the proof proves nothing"]
    _must_be_empty(findings)


@app.command("diskfault")
def diskfault(
    faults: Annotated[int, typer.Option(min=1, help="How often a disk fails.")] = 1_000,
    seed: LifeSeed = 1,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """Let a simulated disk fail, fill up and be read-only: nothing acknowledged may be lost.

    Example: pasand bench diskfault --faults 5000
    """
    from pasand.bench.faults import measure_faults

    _keep_quiet()
    found, findings = measure_faults(faults, seed, bar("Disk faults"))
    tell("diskfault", found, json, out, seed=seed)
    _must_be_empty(findings)


@app.command("kill9")
def kill9(
    rounds: Annotated[int, typer.Option(min=1, help="How often the server is killed.")] = 10,
    seed: LifeSeed = 1,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """Kill a server under load again and again: nothing acknowledged may be lost or doubled.

    Example: pasand bench kill9 --rounds 100
    """
    from pasand.bench.kills import measure_kills

    with own_folder() as folder:
        found, findings = measure_kills(folder, rounds, seed, bar("Kills"))
    tell("kill9", found, json, out, seed=seed)
    _must_be_empty(findings)


@app.command("tenants")
def tenants(
    steps: Annotated[int, typer.Option(min=10, help="Random steps of two tenants.")] = 1_000_000,
    seed: LifeSeed = 1,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """Let two tenants of one store do everything at random: neither may read the other.

    Example: pasand bench tenants --steps 100000
    """
    from pasand.bench.tenants import measure_tenants

    with own_folder() as folder:
        found, findings = measure_tenants(folder, steps, seed, bar("Steps"))
    tell("tenants", found, json, out, seed=seed)
    _must_be_empty(findings)


@app.command("fuzz")
def fuzz(
    cases: Annotated[int, typer.Option(min=1, help="Requests, good and spoilt.")] = 1_000_000,
    seconds: Annotated[float, typer.Option(help="Stop after this long.")] = 3_600.0,
    seed: LifeSeed = 1,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """Send a server what nobody should: it answers as its OpenAPI document says, and never 5xx.

    Example: pasand bench fuzz --cases 20000 --seed 3
    """
    from pasand.bench.fuzz import measure_fuzz

    with own_folder() as folder:
        found, findings = measure_fuzz(folder, cases, seed, seconds, bar("Requests"))
    tell("fuzz", found, json, out, seed=seed)
    _must_be_empty(findings)


@app.command("hostile")
def hostile(
    files: Annotated[int, typer.Option(min=0, help="Mutated pictures beside the crafted.")] = 2_000,
    seed: LifeSeed = 1,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """Upload hostile pictures: each gets a clear answer, and the server stays up and small.

    Example: pasand bench hostile --files 20000 --seed 2
    """
    from pasand.bench.hostile_proof import measure_hostile

    with own_folder() as folder:
        found, findings = measure_hostile(folder, files, seed, bar("Files"))
    tell("hostile", found, json, out, seed=seed)
    _must_be_empty(findings)


@app.command("swaps")
def swaps(
    swaps: Annotated[int, typer.Option(min=0, help="Promotions of one row each.")] = 1_000,
    gated: Annotated[int, typer.Option(min=2, help="Promotions through the gate.")] = 20,
    seed: LifeSeed = 1,
    out: Out = None,
    json: JsonOption = False,
) -> None:
    """Promote under page load: no page fails or mixes two snapshots; going back takes seconds.

    Example: pasand bench swaps --swaps 10000
    """
    from pasand.bench.swaps import measure_swaps
    from pasand.bootstrap import open_home

    with own_folder() as folder:
        found, findings = measure_swaps(folder, swaps, gated, open_home, seed, bar("Promotions"))
    tell("swaps", found, json, out, seed=seed)
    _must_be_empty(findings)


@app.command("erase")
def erase(out: Out = None, json: JsonOption = False) -> None:
    """Erase a member who left a word in every place, then search every byte of the home for it.

    Example: pasand bench erase --json
    """
    from pasand.bench.canaries import measure_erasure
    from pasand.bootstrap import open_home

    with own_folder() as folder:
        found = measure_erasure(folder, open_home)
    tell("erase", found, json, out)
    _must_be_empty([f"{m.value:g} of the canaries are still there" for m in found if m.value])


def _keep_quiet() -> None:
    """Let the store not tell of every fault: here they are meant."""
    import logging

    logging.getLogger("pasand").setLevel(logging.CRITICAL)


def _must_be_empty(findings: list[str]) -> None:
    """End with an error where a proof found something; each finding names how to have it again."""
    from pasand.errors import OperatorError

    for finding in findings:
        say(finding)
    if findings:
        raise OperatorError("The promise was broken.", fix="The findings above say where.")
