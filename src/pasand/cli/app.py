"""All commands by name."""

from __future__ import annotations

import typer

from pasand.cli import (
    artwork_report,
    bench_proofs,
    deadletter,
    demo,
    doctor,
    evaluate,
    explain,
    importing,
    init,
    keeping,
    keys,
    learn,
    map,
    member,
    models,
    rules,
    sealing,
    search,
    serve,
    simulate,
)

__all__ = ["app"]

app = typer.Typer(
    name="pasand",
    help="Personalisation for streaming services and shops: events in, one honest page out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.command("init")(init.init)
app.add_typer(importing.app, name="import")
app.command("learn")(learn.learn)
app.command("serve")(serve.serve)
app.add_typer(keys.app, name="key")
app.command("demo")(demo.demo)
app.add_typer(evaluate.app, name="evaluate")
app.command("simulate")(simulate.simulate)
app.command("map")(map.map_)
app.add_typer(bench_proofs.app, name="bench")
app.add_typer(deadletter.app, name="deadletter")
app.command("doctor")(doctor.doctor)
app.command("backup")(keeping.backup)
app.command("restore")(keeping.restore)
app.command("rebuild")(keeping.rebuild)
app.add_typer(member.app, name="member")
app.add_typer(models.app, name="models")
app.command("explain")(explain.explain)
app.add_typer(artwork_report.app, name="artwork")
app.add_typer(rules.app, name="rules")
app.command("seal")(sealing.seal)
app.command("search")(search.search)
