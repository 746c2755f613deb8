"""``pasand explain``: why a page is as it is, by making it again."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from pasand.cli.options import DEFAULT_HOME, HomeOption, JsonOption, print_figures, say
from pasand.cli.rules import engine_of

__all__ = ["explain"]

CELL_COUNT = 6


def explain(
    page_id: Annotated[str, typer.Argument(help="The page's id, as its answer names it.")],
    item: Annotated[str, typer.Option("--item", help="Why this title is, or is not, there.")] = "",
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,
) -> None:
    """Make a page again and tell why each row and cell is there; --json tells every candidate.

    Example: pasand explain pg_0a1b2c --item t42 --home ./shop
    """
    from pasand.domain.ids import check_id
    from pasand.errors import NotFound
    from pasand.flows.explaining import explained, known_still, why_not
    from pasand.flows.page_replay import Past, replayed
    from pasand.web.why_words import with_titles

    with engine_of(home) as engine:
        stored = engine.stores.log.find(check_id(page_id, "page_id"))
        if stored is None or stored.event.kind != "page_served":
            raise NotFound(f"There is no page {page_id}.", field="page_id")
        replay = replayed(engine, stored)
        if isinstance(replay, Past):
            told: dict[str, Any] = {"gone": replay.reason, "known": known_still(replay)}
        else:
            told = with_titles(explained(replay), "en")
            if item:
                told["item"] = why_not(replay, check_id(item, "item_id"))
    if json:
        print_figures("explain", [], more=told)
    elif "gone" in told:
        say(told["gone"])
        _print_rows(told["known"]["rows"], "items")
    else:
        _print(told)


def _print(told: dict[str, Any]) -> None:
    print(f"{told['page_id']} of {told['member_id']}, {told['at']}, {told['device']}")
    if told["exact"]:
        print("Made again, it is the page that was served.")
    else:
        print(f"Made again, it is not quite the page that was served: {'; '.join(told['differs'])}")
    if "item" in told:
        print(f"{told['item'].get('title', told['item']['item_id'])}: {told['item']['why']}")
        return
    for row in told["rows"]:
        print(f"\n{row['row']}. {row['title'] or row['kind']}: {row['why']}")
        for cell in row["cells"][:CELL_COUNT]:
            parts = sorted(cell.get("parts", {}).items(), key=lambda part: -abs(part[1]))[:4]
            said = ", ".join(f"{name} {value:+.2f}" for name, value in parts)
            print(f"   {cell['title']:<34} {cell['reason']:<14} {said}")


def _print_rows(rows: list[dict[str, Any]], name: str) -> None:
    for row in rows:
        print(f"{row['title'] or row['kind']}: {', '.join(row[name][:CELL_COUNT])}")
