"""Stills that a person approved become artworks of their title."""

from __future__ import annotations

from collections.abc import Sequence

from pasand.domain.catalog import Item
from pasand.flows.importing import Sink, record_event
from pasand.flows.picturing import WIDTH_MAX, Pictures, kept, with_artwork
from pasand.video_ports import StillFolder

__all__ = ["approve_stills"]


def approve_stills(
    item: Item,
    owner: Sink,
    now_ms: int,
    pictures: Pictures,
    folder: StillFolder,
    chosen: Sequence[str],
    shape: str,
) -> list[str]:
    """Make candidates artworks of a title; return the artworks' ids.

    Raises:
        NotFound: there is no such candidate; nothing was changed then.
    """
    title_id = item.item_id
    entries = {entry["candidate_id"]: entry for entry in folder.entries(title_id)}
    files = {name: folder.picture(title_id, name, shape) for name in chosen}
    taken = []
    for name, data in files.items():
        facts = {**entries[name]["facts"], "film": entries[name]["film"], "shape": shape}
        facts["time_s"] = entries[name]["time_s"]
        # The queue's files lie in a folder that anybody may have written to.
        made = pictures.decoder.webp(data, WIDTH_MAX)
        artwork = kept(pictures.shelf, made, f"film-{name}-{shape}", facts)
        item = with_artwork(item, artwork)
        taken.append(artwork.artwork_id)
    owner.append([record_event(item, now_ms)])
    for name in files:
        folder.set_state(title_id, name, "approved")
    return taken
