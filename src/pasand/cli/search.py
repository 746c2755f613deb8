"""``pasand search``: what a member finds by what they type, as the server would answer it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pasand.cli.options import DEFAULT_HOME, HomeOption, JsonOption, figure, print_figures, say

if TYPE_CHECKING:
    from pasand.flows.searching import Results

__all__ = ["search"]


def search(
    text: Annotated[str, typer.Argument(help="What to search for; never syntax.")],
    member: Annotated[str, typer.Option(help="Who searches; nobody known when left out.")] = "",
    country: Annotated[str, typer.Option(help="Two-letter code; else the member's own.")] = "",
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,
) -> None:
    """Find titles by their words and people, as far as a member may see them.

    Beside a running server too; nothing is written.

    Example: pasand search "heat" --member u1 --json
    """
    import time

    from pasand.bootstrap import open_beside
    from pasand.domain.ids import check_id
    from pasand.flows.engine import PageRequest
    from pasand.flows.searching import find_items

    asked = PageRequest(
        member_id=check_id(member, "member") if member else "nobody",
        country=country.upper(),
        search=text,
    )
    engine = open_beside(home).engine
    began = time.perf_counter()
    found = find_items(engine, asked)
    took_ms = 1000 * (time.perf_counter() - began)
    if json:
        figures = [
            figure("search_count", found.count, "items", query=text),
            figure("search_ms", round(took_ms, 3), "ms", better="lower", query=text),
        ]
        print_figures("search", figures, more=_told(found))
        return
    if found.meant:
        say(f'Nothing has all of that; this is what "{found.meant}" finds.')
    if not found.count:
        say("Nothing was found.")
    for item in _told(found)["items"]:
        print(f"{item['item_id']:<16}{item['title']} ({item['year'] or '-'})")


def _told(found: Results) -> dict[str, Any]:
    items = [found.query.catalog.items[at] for at in found.position.tolist()]
    names = ("item_id", "title", "type", "year", "maturity", "people", "genres")
    return {
        "meant": found.meant or None,
        "items": [{name: getattr(item, name) for name in names} for item in items],
    }
