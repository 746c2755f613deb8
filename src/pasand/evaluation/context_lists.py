"""Context in displayed lists: which item a member takes, by searches, filters, price and device.

Sessions are split at the 0.8 quantile of the times they begin: the earlier ones teach, the lists
of the later ones are ranked anew. Beside the model stand the order shown and popularity, counts
of what was taken before each list. What is known of the items is what lists and sessions tell:
the place shown and its price, how often it was seen and taken before, and what the member did
with it in this session. Lists of a session know of its acts before them and of nothing later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pasand.evaluation.choices import Choices, together
from pasand.evaluation.displayed import DisplayedData, DisplayedList

__all__ = ["COLUMNS", "SIGNALS", "forward_splits", "list_choices", "list_split"]

QUANTILE = 0.8
#: Where sessions are cut so that each part but the first is ranked by what all before it taught.
_FORWARD = (0.2, 0.4, 0.6, 0.8, 1.0)
#: Filters that order a list or ask for its best; the others ask for kinds of items.
_ORDERS = ("Sort by Price", "Sort By Distance", "Sort By Rating", "Best Value", "Focus on Distance")
_DEVICES = ("phone", "tablet", "desktop")
_SEARCHES = ("search for item", "search for destination", "search for poi")
#: Takes under a filter before they say as much as takes in all.
_PRIOR = 5.0

_PLAIN = ("shown", "first", "second", "third", "taken-before", "seen-before", "share-before")
_VISIT = (
    "touched", "touches", "last-touched", "after-last", "before-last", "looked-closely",
    "taken-in-session", "last-taken", "newness",
)  # fmt: skip
_SEARCH = (
    "searched", "searched-last", "searched-just-now", "shown:searched", "first:searched",
    *(f"{name}:{kind}" for kind in _SEARCHES for name in ("shown", "first")), "taken-here",
)  # fmt: skip
_PRICE = ("price", "price-rank", "cheapest", "dearest", "price-off", "shown:dearer")
_FILTERS = (*(f"shown:{name}" for name in _ORDERS), "shown:other-filter", "taken-under-filter")
_DEVICE = tuple(f"{name}:{device}" for device in _DEVICES for name in ("shown", "first", "share"))
#: Columns that two signals make together go with either.
_PRICE_VISIT = ("price-near-touched",)
_PRICE_FILTERS = (*(f"price-rank:{name}" for name in _ORDERS), "price-rank:other-filter")
_PRICE_DEVICE = tuple(f"price-rank:{device}" for device in _DEVICES)
_VISIT_DEVICE = tuple(f"last-touched:{device}" for device in _DEVICES)

#: What columns each signal brings; ``visit`` is what the session did with an item.
SIGNALS: Mapping[str, tuple[str, ...]] = {
    "visit": (*_VISIT, *_PRICE_VISIT, *_VISIT_DEVICE),
    "search": _SEARCH,
    "price": (*_PRICE, *_PRICE_VISIT, *_PRICE_FILTERS, *_PRICE_DEVICE),
    "filters": (*_FILTERS, *_PRICE_FILTERS),
    "device": (*_DEVICE, *_PRICE_DEVICE, *_VISIT_DEVICE),
}
COLUMNS = tuple(dict.fromkeys((*_PLAIN, *(name for names in SIGNALS.values() for name in names))))


def list_split(data: DisplayedData) -> tuple[list[int], list[int]]:
    """Return the places of the lists that teach and of those that are ranked."""
    begins = {one.session: one.begin_ms for one in data.lists}
    cut = np.quantile(list(begins.values()), QUANTILE)
    early = [n for n, one in enumerate(data.lists) if one.begin_ms <= cut]
    return early, [n for n, one in enumerate(data.lists) if one.begin_ms > cut]


def forward_splits(data: DisplayedData) -> list[tuple[list[int], list[int]]]:
    """Return four splits into what teaches and what is ranked, each by the sessions before.

    Four times as many lists are ranked as by ``list_split``: what one signal is worth is small.
    """
    begins = {one.session: one.begin_ms for one in data.lists}
    cuts = np.quantile(list(begins.values()), _FORWARD)
    part = np.searchsorted(cuts, [one.begin_ms for one in data.lists])
    return [
        (np.flatnonzero(part < number).tolist(), np.flatnonzero(part == number).tolist())
        for number in range(1, len(_FORWARD))
    ]


def list_choices(data: DisplayedData) -> Choices:
    """Return the choices of all lists in their order."""
    past = _Past()
    blocks = []
    for one in data.lists:
        found = dict.fromkeys(COLUMNS, np.zeros(len(one.items)))
        found |= past.columns(one)
        found |= _session(one)
        found |= _price(one)
        found |= _mixed(one, found)
        score = np.stack([found[name] for name in COLUMNS], axis=1).astype(np.float32)
        offset = np.zeros((1, len(one.items)), np.float32)
        blocks.append(
            Choices(COLUMNS, score[None], offset, np.array([one.taken]), np.array([one.session]))
        )
        past.add(one)
    return together(blocks)


class _Past:
    """What was shown and taken in the lists before one."""

    def __init__(self) -> None:
        self.taken: Counter[object] = Counter()
        self.seen: Counter[object] = Counter()

    def add(self, one: DisplayedList) -> None:
        """Count a list."""
        keys = [(), *((name,) for name in one.filters), (one.device,), (one.place, "here")]
        for item in one.items.tolist():
            for key in keys:
                self.seen[item, key] += 1
        for key in keys:
            self.taken[int(one.items[one.taken]), key] += 1

    def columns(self, one: DisplayedList) -> dict[str, NDArray[np.float64]]:
        """Return what is known of a list's items."""
        taken, seen = self._of(one, ())
        share = (taken + 0.2) / (seen + _PRIOR)
        under = [
            np.log((t + _PRIOR * share) / (s + _PRIOR) / share)
            for t, s in (self._of(one, (name,)) for name in one.filters)
        ]
        device_taken, device_seen = self._of(one, (one.device,))
        here, _ = self._of(one, (one.place, "here"))
        on_device = np.log((device_taken + _PRIOR * share) / (device_seen + _PRIOR) / share)
        found = {
            "taken-before": np.log1p(taken),
            "seen-before": np.log1p(seen),
            "share-before": np.log(share),
            "taken-here": np.log1p(here),
            "taken-under-filter": np.sum(under, axis=0) if under else 0.0 * share,
        }
        return found | {f"share:{device}": on_device for device in _known(one.device)}

    def _of(
        self, one: DisplayedList, key: tuple[str, ...]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        items = one.items.tolist()
        taken, seen = (
            np.array([counts[item, key] for item in items], np.float64)
            for counts in (self.taken, self.seen)
        )
        return taken, seen


def _known(device: str) -> Sequence[str]:
    return (device,) if device in _DEVICES else ()


def _session(one: DisplayedList) -> dict[str, NDArray[np.float64]]:
    """Return what the session did with a list's items, and which it searched for by name."""
    items = one.items
    touched = [act for act in one.acts if act.item and act.kind not in _SEARCHES]
    last = touched[-1].item if touched else 0
    place = np.flatnonzero(items == last) if last else np.zeros(0, np.int64)
    step = np.arange(len(items))
    outs = [act.item for act in touched if act.kind == "clickout item"]
    searched = [act.item for act in one.acts if act.kind == "search for item"]
    just_now = bool(one.acts) and one.acts[-1].kind in _SEARCHES
    newest = {act.item: number for number, act in enumerate(touched, 1)}
    counted = Counter(act.item for act in touched)
    closely = {act.item for act in touched if act.kind != "interaction item image"}
    listed = items.tolist()
    return {
        "touched": np.array([item in counted for item in listed], np.float64),
        "touches": np.log1p([counted[item] for item in listed]),
        "last-touched": 1.0 * (items == last),
        "after-last": 1.0 * (step == place[0] + 1 if len(place) else step < 0),
        "before-last": 1.0 * (step == place[0] - 1 if len(place) else step < 0),
        "looked-closely": np.array([item in closely for item in listed], np.float64),
        "taken-in-session": 1.0 * np.isin(items, outs),
        "last-taken": 1.0 * (items == (outs[-1] if outs else 0)),
        "newness": np.array(
            [1.0 / (1 + len(touched) - newest[i]) if i in newest else 0.0 for i in listed]
        ),
        "searched": 1.0 * np.isin(items, searched),
        "searched-last": 1.0 * (items == (searched[-1] if searched else 0)),
        "searched-just-now": 1.0 * (items == (one.acts[-1].item if just_now else 0)),
    }


def _price(one: DisplayedList) -> dict[str, NDArray[np.float64]]:
    """Return how a list's prices stand to each other and to those of what was touched."""
    price = np.log(np.maximum(one.prices, 1.0))
    rank = np.argsort(np.argsort(price, kind="stable"), kind="stable") / max(len(price) - 1, 1)
    acts = [act.item for act in one.acts if act.item and act.kind not in _SEARCHES]
    touched = np.isin(one.items, acts)
    near = -np.abs(price - price[touched].mean()) if touched.any() else 0.0 * price
    around = np.convolve(np.pad(price, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    return {
        "price": price - price.mean(),
        "price-rank": rank,
        "cheapest": 1.0 * (price == price.min()),
        "dearest": 1.0 * (price == price.max()),
        "price-off": price - around,
        "price-near-touched": near,
    }


def _mixed(
    one: DisplayedList, found: Mapping[str, NDArray[np.float64]]
) -> dict[str, NDArray[np.float64]]:
    """Return the place shown, and how it and the price count by search, filter and device."""
    step = np.arange(len(one.items))
    shown = -np.log1p(step)
    mixed = {
        "shown": shown,
        "first": 1.0 * (step == 0),
        "second": 1.0 * (step == 1),
        "third": 1.0 * (step == 2),
        "shown:dearer": shown * np.clip(found["price"], -1.0, 1.0),
    }
    kinds = [act.kind for act in one.acts]
    if any(kind in _SEARCHES for kind in kinds):
        mixed["shown:searched"], mixed["first:searched"] = shown, mixed["first"]
    # Right after a search its own kind counts.
    for kind in set(kinds[-1:]) & set(_SEARCHES):
        mixed[f"shown:{kind}"], mixed[f"first:{kind}"] = shown, mixed["first"]
    rank = found["price-rank"]
    for name in one.filters:
        if name in _ORDERS:
            mixed[f"price-rank:{name}"], mixed[f"shown:{name}"] = rank, shown
        else:
            mixed["price-rank:other-filter"], mixed["shown:other-filter"] = rank, shown
    for device in _known(one.device):
        mixed[f"shown:{device}"], mixed[f"first:{device}"] = shown, mixed["first"]
        mixed[f"price-rank:{device}"] = rank
        mixed[f"last-touched:{device}"] = found["last-touched"]
    return mixed
