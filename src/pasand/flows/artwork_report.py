"""What a title's pictures do: how often each is shown and taken, by segment, and why it may be."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from pasand.domain.labels import counts_for_learning
from pasand.flows.engine import Engine
from pasand.stages.picturing.gallery import parts_of
from pasand.stages.picturing.posterior import posterior_of

__all__ = ["artwork_report"]


def artwork_report(engine: Engine, item_id: str) -> dict[str, Any]:
    """Return a title's pictures with their components, share of impressions, take (plays an
    impression) and share of quality plays, by device and country too, and what each component
    earns beside others, over all titles.

    Raises:
        NotFound: there is no such item.
    """
    item = engine.item(item_id)
    names = [artwork.artwork_id for artwork in item.artworks]
    seen: Counter[tuple[str, str]] = Counter()
    taken: Counter[tuple[str, str]] = Counter()
    for stored in engine.stores.log.read(0, ("impression", "play_start")):
        event = stored.event
        if event.artwork_id not in names or not counts_for_learning(event):
            continue
        count = taken if event.kind == "play_start" else seen
        for segment in ("", f"device:{event.device}", f"country:{event.country}"):
            count[event.artwork_id, segment] += 1
    catalog, view = engine.catalog.snapshot(), engine.counters.refresh()
    parts, posterior = parts_of(catalog), posterior_of(view, catalog)
    code = view.artwork_codes(catalog)
    segments = sorted({segment for _, segment in (*seen, *taken) if segment})
    shown = sum(seen[name, ""] for name in names)
    pictures: list[dict[str, Any]] = []
    for artwork in item.artworks:
        name = artwork.artwork_id
        at = catalog.artwork.code.get(name, -1)
        known = at >= 0 and code[at] < len(view.pictures.seen)
        words = artwork.facts.get("components", ())
        pictures.append({
            "artwork_id": name,
            "components": list(words) if isinstance(words, (list, tuple)) else [],
            "impressions": seen[name, ""],
            "share": round(seen[name, ""] / shown, 4) if shown else None,
            "take": _take(seen[name, ""], taken[name, ""]),
            "quality_plays": int(view.pictures.good[code[at]]) if known else 0,
            "segments": {s: {"impressions": seen[name, s], "take": _take(seen[name, s],
                         taken[name, s])} for s in segments},
        })  # fmt: skip
    words = {word for picture in pictures for word in picture["components"]}
    lift = {
        word: round(float(np.exp(posterior.word[parts.word_code[word]])), 3)
        for word in words
        if word in parts.word_code
    }
    ranked = sorted(lift, key=lambda word: (-lift[word], word))
    return {
        "item_id": item.item_id,
        "title": item.title,
        "pictures": pictures,
        "components": [{"name": word, "lift": lift[word]} for word in ranked],
    }


def _take(seen: int, taken: int) -> float | None:
    return round(taken / seen, 4) if seen else None
