"""Annotating: pictures become facts, those of files and those of a catalogue's artworks.

A picture that cannot be opened costs itself alone. In a catalogue, what an operator said of a
picture stays: its cast, and every fact under a name that recognising does not use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from pasand.domain.catalog import Artwork, Item
from pasand.domain.picture_facts import PictureFacts, Vector, facts_to_json
from pasand.errors import PasandError
from pasand.picture_ports import Picture, Recogniser

__all__ = ["Annotated", "annotated_items", "annotated_pictures"]

#: Names in ``Artwork.facts`` that are written anew; "components" follows from them.
OWN_NAMES = frozenset((*(spec.name for spec in fields(PictureFacts)), "components"))
Open = Callable[[Path], Picture]


@dataclass(frozen=True, slots=True)
class Annotated:
    """A picture's facts, or why there are none."""

    path: Path
    facts: PictureFacts | None
    problem: str = ""


def annotated_pictures(
    paths: Iterable[Path],
    recogniser: Recogniser,
    opened: Open,
    about: Mapping[str, Any] | None = None,
) -> Iterator[Annotated]:
    """Yield what is known of each picture, in the order given."""
    for path in paths:
        try:
            yield Annotated(path, recogniser.recognise(opened(path), about))
        except PasandError as error:
            yield Annotated(path, None, str(error))


def annotated_items(
    items: Iterable[Item],
    folder: Path,
    recogniser: Recogniser,
    opened: Open,
    put_vector: Callable[[str, Vector], str],
    told: Callable[[Annotated], None],
    again: bool = False,
) -> Iterator[Item]:
    """Yield the items whose artworks got facts. ``folder`` holds the pictures; ``put_vector``
    keeps a vector and returns its file; pictures with facts are passed over unless ``again``.
    """
    for item in items:
        artworks = []
        for artwork in item.artworks:
            if not artwork.file or (artwork.facts.get("hash") and not again):
                artworks.append(artwork)
                continue
            about = {"cast": artwork.facts.get("cast", ())}
            path = folder / artwork.file
            (one,) = annotated_pictures((path,), recogniser, opened, about)
            told(one)
            facts = one.facts
            artworks.append(artwork if facts is None else _with(artwork, facts, put_vector))
        if tuple(artworks) != item.artworks:
            yield replace(item, artworks=tuple(artworks))


def _with(
    artwork: Artwork, facts: PictureFacts, put_vector: Callable[[str, Vector], str]
) -> Artwork:
    """Return the artwork with its facts; the operator's own and a palette given stay."""
    if facts.vector is not None:
        file = put_vector(artwork.artwork_id, facts.vector)
        facts = replace(facts, vector=Vector(facts.vector.model, file=file))
    own = {name: value for name, value in artwork.facts.items() if name not in OWN_NAMES}
    palette = artwork.palette or (facts.look.palette if facts.look else ())
    return replace(artwork, palette=palette, facts=own | facts_to_json(facts))
