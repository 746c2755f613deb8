"""``pasand artwork report``: which of a title's pictures are shown and taken, by whom, and why."""

from __future__ import annotations

from typing import Annotated

import typer

from pasand.cli.options import DEFAULT_HOME, HomeOption, JsonOption, print_figures
from pasand.cli.rules import engine_of

__all__ = ["report"]


def report(
    title: Annotated[str, typer.Option("--title", help="The item's id.")],
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,
) -> None:
    """Tell a title's pictures, their share and take by segment, and what each component earns.

    Example: pasand artwork report --title t0042 --home ./shop
    """
    from pasand.domain.ids import check_id
    from pasand.flows.artwork_report import artwork_report

    with engine_of(home) as engine:
        told = artwork_report(engine, check_id(title, "title"))
    if json:
        print_figures("artwork report", [], more=told)
        return
    print(f"{told['title']} ({told['item_id']})")
    for picture in told["pictures"]:
        share, take = (f"{x:.1%}" if x is not None else "-" for x in
                       (picture["share"], picture["take"]))  # fmt: skip
        print(f"  {picture['artwork_id']:<16} shown {share:>6}  taken {take:>6}  "
              f"quality plays {picture['quality_plays']:>5}  "
              f"{', '.join(picture['components'])}")  # fmt: skip
        for name, of in picture["segments"].items():
            taken = "-" if of["take"] is None else f"{of['take']:.1%}"
            print(f"    {name:<20} {of['impressions']:>6} seen, taken {taken:>6}")
    for component in told["components"]:
        print(f"  {component['name']:<24} earns {component['lift']:.2f} x what others do")
