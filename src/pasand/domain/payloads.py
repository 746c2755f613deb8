"""The vocabulary as data: what each kind of event says, and what its payload may hold.

A payload field means the same in every kind, so its reader is looked up by name alone; only
``value`` is read by its kind. Parsing, the published schema and docs/events.md are all made from
these tables. Unknown payload fields are kept as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pasand.domain.coerce import Reader, as_is, flag, identifier, number, text, whole

__all__ = [
    "CELL_KINDS",
    "ITEM_KINDS",
    "KIND_SPECS",
    "PAYLOAD_FIELDS",
    "SEARCH_TEXT_MAX",
    "VALUES",
    "KindSpec",
    "PayloadField",
]

SEARCH_TEXT_MAX = 200

_seconds = number(0, 10_000_000)
_milliseconds = number(0, 10_000_000_000)
_depth = whole(0, 100_000)


@dataclass(frozen=True, slots=True)
class PayloadField:
    """One field of a payload: how it is read, and what it says."""

    reader: Reader
    text: str


PAYLOAD_FIELDS: Mapping[str, PayloadField] = {
    "value": PayloadField(as_is, "of a thumb -1, 0 (taken back), 1 or 2; of a rating 0.5 to 5"),
    "position_s": PayloadField(_seconds, "seconds from the start of the item"),
    "duration_s": PayloadField(_seconds, "length of the item in seconds"),
    "visible": PayloadField(number(0, 1), "the greatest share of the cell that was in sight"),
    "dwell_ms": PayloadField(_milliseconds, "how long it lasted, in milliseconds"),
    "focus": PayloadField(flag, "true: a remote control stood on it; false: a pointer"),
    "watched_ms": PayloadField(_milliseconds, "how much was watched, in milliseconds"),
    "muted": PayloadField(flag, "whether it played without sound"),
    "autoplayed": PayloadField(flag, "whether it began by itself"),
    "row_depth": PayloadField(_depth, "the deepest row in sight, from 0"),
    "column_depth": PayloadField(_depth, "the deepest column in sight, from 0"),
    "speed_px_s": PayloadField(number(0, 10_000_000), "pixels a second, on average"),
    "reversals": PayloadField(_depth, "how often the direction changed"),
    "text": PayloadField(text(SEARCH_TEXT_MAX), "the words, as they were typed"),
    "prefix": PayloadField(flag, "true: the search was not finished yet, as at a remote control"),
    "result_count": PayloadField(whole(0, 1_000_000_000), "how many items were found"),
    "message_id": PayloadField(identifier, "your id of the message"),
    "channel": PayloadField(text(32), "how it was sent, such as email or push"),
    "quantity": PayloadField(number(0, 1_000_000), "how many; 1 where it is missing"),
    "price": PayloadField(number(0, 1e12), "of one, in the currency"),
    "currency": PayloadField(text(16), "such as EUR"),
    "order_id": PayloadField(text(128), "your number of the order"),
    "region": PayloadField(text(16), "where in the country, as BR-SP"),
}

#: How ``value`` is read where its kind says so.
VALUES: Mapping[str, Reader] = {"thumb": whole(-1, 2), "rating": number(0.5, 5)}


@dataclass(frozen=True, slots=True)
class KindSpec:
    """What a kind says. ``payload``: the fields it usually carries; ``needs``: those without
    which it says nothing; ``item``: "needed", "cell" (an item, or the cell of a page), "may" or
    "" (none).
    """

    text: str
    payload: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    item: str = "needed"


_PLAY = ("position_s", "duration_s")
_GOODS = ("quantity", "price", "currency")
_MESSAGE = ("message_id", "channel")

KIND_SPECS: Mapping[str, KindSpec] = {
    "impression": KindSpec("a cell was seen", ("visible", "dwell_ms"), item="cell"),
    "hover": KindSpec(
        "a pointer rested on a cell, or a remote control stood on it", ("dwell_ms", "focus"),
        item="cell",
    ),
    "preview": KindSpec(
        "a preview played in a cell", ("watched_ms", "muted", "autoplayed"), item="cell"
    ),
    "scroll": KindSpec(
        "one movement through the page, or through the row it names",
        ("row_depth", "column_depth", "speed_px_s", "reversals"), item="",
    ),
    "detail_open": KindSpec("the details of an item were opened", ("dwell_ms",)),
    "play_start": KindSpec("a play began", (*_PLAY, "autoplayed")),
    "progress": KindSpec("a play goes on", _PLAY),
    "play_stop": KindSpec("a play was stopped, perhaps to be resumed", _PLAY),
    "complete": KindSpec("a play reached the end", _PLAY),
    "abandon": KindSpec("a play was given up", _PLAY),
    "rewatch": KindSpec("a finished item was begun again", _PLAY),
    "thumb": KindSpec("a thumb down, up or double up", ("value",), ("value",)),
    "rating": KindSpec("a rating in stars", ("value",), ("value",)),
    "list_add": KindSpec("put on the own list"),
    "list_remove": KindSpec("taken off the own list"),
    "hide": KindSpec("never to be shown again"),
    "not_interested": KindSpec("no interest in this"),
    "search_query": KindSpec(
        "a search, or one more letter of it", ("text", "prefix", "result_count"), ("text",),
        item="",
    ),
    "search_click": KindSpec("a found item was opened", ("text",)),
    "message_sent": KindSpec("a message was sent", _MESSAGE, item="may"),
    "message_delivered": KindSpec("a message arrived", _MESSAGE, item="may"),
    "message_opened": KindSpec("a message was opened", _MESSAGE, item="may"),
    "message_clicked": KindSpec("a link in a message was followed", _MESSAGE, item="may"),
    "message_opt_out": KindSpec("no more messages, please", _MESSAGE, item="may"),
    "view": KindSpec("the page of a product was looked at", ("dwell_ms",)),
    "cart_add": KindSpec("put into the cart", _GOODS),
    "cart_remove": KindSpec("taken out of the cart", _GOODS),
    "purchase": KindSpec("bought", (*_GOODS, "order_id")),
    "return": KindSpec("sent back", (*_GOODS, "order_id")),
}  # fmt: skip

#: Kinds that say nothing without an item, and those that name an item or a cell of a page.
ITEM_KINDS = frozenset(kind for kind, spec in KIND_SPECS.items() if spec.item == "needed")
CELL_KINDS = frozenset(kind for kind, spec in KIND_SPECS.items() if spec.item == "cell")
