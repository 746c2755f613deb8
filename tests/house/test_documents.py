"""House rules for documents: what they list is what there is, by comparing them with the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from importlib import import_module, util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from pasand.bootstrap import KINDS, stage_names
from pasand.cli.app import app
from pasand.settings import Settings
from pasand.web.routes import ROUTES

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

#: The words of the architecture; each has to be explained.
WORDS = (
    "account", "member", "item", "artwork", "event", "impression", "interaction", "profile",
    "query", "candidate", "source", "filter", "hydrator", "scorer", "row", "evidence", "cell",
    "page", "policy", "propensity", "reward", "variant", "holdout", "occasion", "plan",
    "snapshot", "promote", "home",
)  # fmt: skip


def script(name: str) -> ModuleType:
    """Return a module of scripts/."""
    spec = util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows_of(document: str) -> list[str]:
    return [line for line in (DOCS / document).read_text("utf-8").splitlines() if line[:1] == "|"]


def settings_of(kind: type[Any], where: str = "") -> Iterator[str]:
    for spec in fields(kind):
        inner = spec.default_factory
        if isinstance(inner, type) and is_dataclass(inner):
            yield from settings_of(inner, f"{where}{spec.name}.")
        elif spec.name != "stages":
            yield f"{where}{spec.name}"


def test_the_readme_tree_is_the_real_tree() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert text == script("readme_tree").with_tree(text), "README tree is not current: make docs"


def test_every_command_and_option_is_documented() -> None:
    text = (DOCS / "commands.md").read_text("utf-8")
    made = script("commands_doc")
    assert text == made.document(), "docs/commands.md is not current: make docs"
    for path, command in made.commands(typer.main.get_command(app)):
        assert command.help and "Example: " in command.help, f"{path} shows no example"
        for parameter in command.params:
            assert parameter.name == "help" or parameter.help or "--home" in parameter.opts, (
                f"{path} does not explain {parameter.name}"
            )


def test_every_setting_is_documented() -> None:
    documented = {
        match[1] for row in rows_of("settings.md") if (match := re.match(r"\| `([\w.]+)`", row))
    }
    assert documented == set(settings_of(Settings))
    assert "## [stages]" in (DOCS / "settings.md").read_text("utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_every_stage_and_its_values_are_documented(kind: str) -> None:
    folder, _ = KINDS[kind]
    heading = "Row makers" if kind == "row_makers" else folder.capitalize()
    text = (DOCS / "stages.md").read_text("utf-8").partition(f"\n## {heading}\n")[2]
    rows = {}
    for line in text.partition("\n## ")[0].splitlines():
        if match := re.match(r"\| `([\w-]+)` \|.*\|(.*)\|$", line):
            rows[match[1]] = set(re.findall(r"`(\w+)`", match[2]))
    known = {}
    for name in stage_names(kind):
        module = import_module(f"pasand.stages.{folder}.{name.replace('-', '_')}")
        known[name] = {spec.name for spec in fields(module.Config)}
    assert rows == known


def test_every_route_is_documented() -> None:
    documented = {
        tuple(match[1].split())
        for row in rows_of("api.md")
        if (match := re.match(r"\| `([A-Z]+ /[^`]*)`", row))
    }
    assert documented == {(route.method, route.path) for route in ROUTES if route.api}
    routes = [row for row in rows_of("api.md") if re.match(r"\| `[A-Z]+ /", row)]
    scopes = {row.split("`")[1]: row.split("|")[2].strip(" `") for row in routes}
    for route in ROUTES:
        if route.api:
            assert scopes[f"{route.method} {route.path}"] == route.scope


def test_every_word_of_the_architecture_is_explained() -> None:
    explained = {
        match[1] for row in rows_of("glossary.md") if (match := re.match(r"\| \*(\w+)\*", row))
    }
    assert explained == set(WORDS)


def test_decision_records_are_short_and_whole() -> None:
    records = sorted((DOCS / "decisions").glob("*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    for record in records:
        lines = record.read_text("utf-8").splitlines()
        assert len(lines) <= 40, record.name
        headings = [line for line in lines if line.startswith("## ")]
        assert headings == ["## Context", "## Decision", "## Consequences"], record.name


def test_links_lead_somewhere() -> None:
    documents = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "bench").glob("*.md")]
    for document in documents:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text("utf-8")):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name} links to {target}"
