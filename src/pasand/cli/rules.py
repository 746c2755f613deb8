"""``pasand rules``: operators' rules, written as one line each, previewed before they act."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pasand.cli.options import DEFAULT_HOME, HomeOption, JsonOption, print_figures, say

if TYPE_CHECKING:
    from pathlib import Path

    from pasand.bootstrap import Visit
    from pasand.domain.rules import Rule
    from pasand.flows.engine import Engine

__all__ = ["app", "engine_of"]

app = typer.Typer(
    help="Filter, boost, bury, pin and cap by rules of one line each.", no_args_is_help=True
)

RuleText = Annotated[str, typer.Argument(help="The rule; docs/operating.md has the words.")]
RuleId = Annotated[str, typer.Option("--id", help="Its id; made from its words when left out.")]


@app.command("list")
def list_rules(home: HomeOption = DEFAULT_HOME, json: JsonOption = False) -> None:
    """List the rules, oldest first.

    Example: pasand rules list --home ./shop
    """
    from pasand.bootstrap import visit_home
    from pasand.flows.ruling import rule_told

    visit = visit_home(home)
    try:
        now_ms, ledger = visit.stores.clock.now_ms(), visit.stores.ledger
        rules = [rule_told(rule, now_ms) for rule in ledger.rules() if not rule.removed]
        version = ledger.rule_version()
    finally:
        visit.close()
    if json:
        print_figures("rules list", [], more={"version": version, "rules": rules})
        return
    for rule in rules:
        print(f"{rule['rule_id']:<20} {'acts' if rule['acts'] else 'rests':<6} {rule['rule']}")


@app.command("add")
def add(
    rule: RuleText,
    rule_id: RuleId = "",
    author: Annotated[str, typer.Option("--author", help="Who writes it.")] = "",
    begins: Annotated[str, typer.Option("--from", help="RFC 3339: acts from then.")] = "",
    until: Annotated[str, typer.Option("--until", help="RFC 3339: acts until then.")] = "",
    off: Annotated[bool, typer.Option("--off", help="Store it without letting it act.")] = False,
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,
) -> None:
    """Add a rule, or replace the one of its id; a running server obeys within a second.

    Example: pasand rules add 'boost 1.5 when item.released within 30 days' --id new-first
    """
    from pasand.bootstrap import visit_home
    from pasand.domain.times import time_ms
    from pasand.flows.ruling import checked_rule, rule_told, tested

    visit = visit_home(home)
    try:
        now_ms = visit.stores.clock.now_ms()
        made = checked_rule(
            rule,
            now_ms=now_ms,
            rule_id=rule_id,
            author=author,
            from_ms=time_ms(begins, "from") if begins else None,
            until_ms=time_ms(until, "until") if until else None,
            on=not off,
        )
        about = tested(rule, visit.catalog(), now_ms)
        _put(visit, made)
    finally:
        visit.close()
    say(f"{made.rule_id} is stored; it can be about {about['items']:,} items.")
    _warn(about)
    if json:
        print_figures("rules add", [], more={**rule_told(made, now_ms), **about})


@app.command("remove")
def remove(
    rule_id: Annotated[str, typer.Argument(help="The rule's id, from `pasand rules list`.")],
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,
) -> None:
    """Remove a rule; pages it shaped can still be explained.

    Example: pasand rules remove new-first
    """
    from pasand.bootstrap import visit_home
    from pasand.flows.ruling import removed_rule

    visit = visit_home(home)
    try:
        _put(visit, removed_rule(visit.stores.ledger, rule_id))
    finally:
        visit.close()
    say(f"{rule_id} is removed.")
    if json:
        print_figures("rules remove", [], more={"rule_id": rule_id})


@app.command("test")
def test(rule: RuleText, home: HomeOption = DEFAULT_HOME, json: JsonOption = False) -> None:
    """Check a rule and show which items it can be about; nothing is stored.

    Example: pasand rules test 'filter when item.genre has "Horror" and member.is_child'
    """
    from pasand.bootstrap import visit_home
    from pasand.flows.ruling import tested

    visit = visit_home(home)
    try:
        about = tested(rule, visit.catalog(), visit.stores.clock.now_ms())
    finally:
        visit.close()
    _warn(about)
    if json:
        print_figures("rules test", [], more={"rule": rule, **about})
        return
    print(f"{about['verb']}: can be about {about['items']:,} items")
    for item in about["examples"]:
        print(f"  {item['item_id']:<20} {item['title']}")


@app.command("preview")
def preview_rule(
    rule: RuleText,
    rule_id: RuleId = "",
    members: Annotated[int, typer.Option(help="On how many members, the first ones.")] = 10,
    member: Annotated[
        list[str] | None, typer.Option("--member", help="On this member; repeat for more.")
    ] = None,
    device: Annotated[str, typer.Option(help="phone, tablet, desktop, tv or other.")] = "desktop",
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,
) -> None:
    """Make members' pages with and without a rule and show what changes; nothing is stored.

    Example: pasand rules preview 'cap 3 per page when item.type == "series"' --members 20
    """
    from pasand.flows.ruling import checked_rule, preview, tested

    with engine_of(home) as engine:
        some = member or [one.member_id for one in engine.stores.catalog.members(members)]
        now_ms = engine.now_ms()
        made = checked_rule(rule, now_ms=now_ms, rule_id=rule_id)
        about = tested(rule, engine.catalog.snapshot(), now_ms)
        changes = preview(engine, made, some, device)
    _warn(about)
    if json:
        print_figures("rules preview", [], more={"rule": rule, **about, **changes})
        return
    cells = changes["cells"]
    print(
        f"{changes['changed']} of {changes['members']} pages change: {cells['enter']} cells enter,"
        f" {cells['leave']} leave, {cells['move']} move"
    )
    for page in changes["pages"]:
        for name in ("enter", "leave", "move"):
            for cell in page[name][:5]:
                print(f"  {page['member_id']:<12} {name:<6} {cell['title']:<32} {_way(cell)}")


@contextmanager
def engine_of(home: Path) -> Iterator[Engine]:
    """Give an engine that makes pages and saves none: beside the home's server, or alone."""
    from pasand.adapters.home_lock import owner_of
    from pasand.bootstrap import open_beside, open_home

    if owner_of(home).get("url"):
        beside = open_beside(home)
        beside.follower.tick()
        yield beside.engine
        return
    opened = open_home(home)
    try:
        yield opened.engine
    finally:
        opened.close()


def _put(visit: Visit, rule: Rule) -> None:
    from pasand.flows.ruling import put_rule

    if visit.remote is not None:
        visit.remote.put_rule(rule)
    else:
        put_rule(visit.stores.ledger, rule)


def _warn(about: dict[str, Any]) -> None:
    for warning in about["warnings"]:
        say(warning)


def _way(cell: dict[str, Any]) -> str:
    places = (cell["from"], cell["to"])
    words = [f"{place['row_id']} {place['column'] + 1}" if place else "-" for place in places]
    return " -> ".join(words)
