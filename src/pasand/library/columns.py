"""Columns: which column of a caller's frame is the member, the item, the time and the rest.

Names are compared without case and punctuation, so ``userId`` and ``user_id`` are one name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pasand.errors import InvalidInput
from pasand.library.frames import Frame

__all__ = ["find_column", "find_columns"]

#: For each column the names it goes by, in ranks: a later rank counts where no earlier one is.
NAMES: Mapping[str, Sequence[str]] = {
    "member_id": (
        "memberid",
        "member userid user uid customerid customer visitorid profileid accountid",
        "sessionid session",
    ),
    "item_id": (
        "itemid",
        "item iid movieid movie productid product sku asin isbn videoid trackid songid bookid "
        "articleid contentid titleid showid",
    ),
    "at": (
        "at",
        "timestamp ts time datetime occurredat eventtime eventtimestamp createdat unixtime "
        "unixtimestamp",
        "date day",
    ),
    "rating": ("rating", "ratings stars"),
    "weight": ("weight", "weights"),
    "action": ("action", "event eventtype eventkind kind"),
    "device": ("device", "devicetype deviceclass"),
}


def find_columns(
    frame: Frame, required: Sequence[str], optional: Sequence[str] = ()
) -> dict[str, str]:
    """Return the frame's own name of each column that was asked for and is there.

    Raises:
        InvalidInput: a required column is missing, or two could be it.
    """
    found = {name: find_column(frame, name) for name in (*required, *optional)}
    missing = [name for name in required if found[name] is None]
    if missing:
        raise InvalidInput(
            f"There is no column {' nor '.join(missing)} among {', '.join(frame.names) or 'none'}.",
            field=missing[0],
            fix=f"Rename the column, to one of: {_aliases(missing[0])}.",
        )
    return {name: own for name, own in found.items() if own is not None}


def find_column(frame: Frame, name: str) -> str | None:
    """Return the frame's own name of a column, None where it has none.

    Raises:
        InvalidInput: two columns could be it.
    """
    if name in frame.names:
        return name
    for rank in NAMES[name]:
        hits = [own for own in frame.names if _plain(own) in rank.split()]
        if len(hits) > 1:
            raise InvalidInput(
                f"{' and '.join(hits)} could both be {name}.",
                field=name,
                fix=f"Name the one that is meant {name}.",
            )
        if hits:
            return hits[0]
    return None


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def _aliases(name: str) -> str:
    return ", ".join([name, *(alias for rank in NAMES[name][1:] for alias in rank.split())])
