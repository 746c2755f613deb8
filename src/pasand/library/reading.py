"""Reading: a caller's frame of interactions becomes codes in stable order of time.

Rows of one moment keep the order of the frame. What has no codes of its own (unknown kinds of
action or device) counts as unknown and is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.domain.events import DEVICES
from pasand.domain.interactions import ACTIONS, Interactions
from pasand.domain.times import SECONDS_BELOW, time_ms
from pasand.errors import InvalidInput
from pasand.library.columns import find_columns
from pasand.library.frames import Frame, as_frame
from pasand.library.labels import Labels, ids_from, is_empty, refuse_empty

__all__ = [
    "EventRows",
    "Given",
    "moment_ms",
    "moments",
    "read_ids",
    "read_interactions",
    "read_rows",
]

_FIX = "Give datetimes, ISO 8601 text such as 2026-05-17T20:15:00Z, or Unix seconds or ms."
_LAST_MS = 253_402_300_799_999

#: Kinds of event of the engine, as actions.
_ACTIONS = {
    **{name: code for code, name in enumerate(ACTIONS)},
    "play_start": ACTIONS.index("play"),
    "list_add": ACTIONS.index("list"),
    "cart_add": ACTIONS.index("cart"),
}


@dataclass(frozen=True, slots=True)
class Given:
    """What a model is fitted on: interactions, both vocabularies, and the items on offer."""

    interactions: Interactions
    member: Labels
    item: Labels
    offered: NDArray[np.bool_]
    frame_kind: str


@dataclass(frozen=True, slots=True)
class EventRows:
    """The rows of a frame of interactions, in stable order of time."""

    member: NDArray[Any]
    item: NDArray[Any]
    at_ms: NDArray[np.int64]
    weight: NDArray[np.float32]
    feature: dict[str, NDArray[np.int16]]


def read_interactions(table: Any, items: Any = None) -> Given:
    """Return what a frame of interactions says; ``items`` is a frame of what is on offer.

    Raises:
        InvalidInput: a column is missing, ambiguous or malformed, or there are no rows.
    """
    frame = as_frame(table)
    rows = read_rows(frame)
    if not len(rows.member):
        raise InvalidInput("There are no interactions.", field="interactions", fix="Give some.")
    catalog = rows.item[:0] if items is None else read_ids(as_frame(items), "item_id")
    if len(catalog) and catalog.dtype != rows.item.dtype:
        raise InvalidInput(
            "item_id is text in one frame and whole numbers in the other.",
            field="items",
            fix="Give ids of one type in both.",
        )
    member, item = Labels.of(rows.member), Labels.of(rows.item, catalog)
    offered = np.full(len(item), items is None)
    offered[item.codes(catalog, "item_id")] = True
    interactions = Interactions(
        member=member.codes(rows.member, "member_id").astype(np.int32),
        item=item.codes(rows.item, "item_id").astype(np.int32),
        at_ms=rows.at_ms,
        weight=rows.weight,
        member_ids=member.names,
        item_ids=item.names,
        feature=rows.feature,
    )
    return Given(interactions, member, item, offered, frame.kind)


def read_rows(frame: Frame) -> EventRows:
    """Return the rows of a frame of interactions; those of weight 0 are left out."""
    own = find_columns(
        frame, ("member_id", "item_id", "at"), ("rating", "weight", "action", "device")
    )
    member = read_ids(frame, "member_id", own["member_id"])
    item = read_ids(frame, "item_id", own["item_id"])
    at_ms = moments(frame.column(own["at"]), own["at"])
    if not len(member) == len(item) == len(at_ms):
        raise InvalidInput("The columns are of unlike length.", field="interactions")
    weight = np.ones(len(member), np.float32)
    if "weight" in own:
        weight = weights(frame.column(own["weight"]), own["weight"])
    feature = {name: codes(frame, name, own[name]) for name in own if name in CODED}
    order = np.argsort(at_ms, kind="stable")
    order = order[weight[order] > 0]
    return EventRows(
        member[order],
        item[order],
        at_ms[order],
        weight[order],
        {name: column[order] for name, column in feature.items()},
    )


def read_ids(frame: Frame, name: str, own: str | None = None) -> NDArray[Any]:
    """Return a column of ids as whole numbers or text."""
    own = own or find_columns(frame, (name,))[name]
    return ids_from(frame.column(own), own)


def weights(column: NDArray[Any], name: str) -> NDArray[np.float32]:
    """Return how much each row counts.

    Raises:
        InvalidInput: a weight is missing, negative or not a number.
    """
    found = numbers(column, name)
    refuse_empty(np.isnan(found), name)
    if (found < 0).any() or np.isinf(found).any():
        raise InvalidInput(
            f"{name} holds a weight below 0 or without end.",
            field=name,
            fix="Leave out what a member did not like; other models do not learn from it.",
        )
    return found.astype(np.float32)


def numbers(column: NDArray[Any], name: str) -> NDArray[np.float64]:
    """Return a column as numbers, NaN where it is empty."""
    try:
        if column.dtype == object:
            column = np.asarray([np.nan if is_empty(v) else v for v in column.tolist()])
        return column.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidInput(
            f"{name} holds something that is not a number.", field=name, fix="Give numbers."
        ) from error


def codes(frame: Frame, name: str, own: str) -> NDArray[np.int16]:
    """Return a column of the features of ``Interactions`` as their small codes, 0 for unknown."""
    column = frame.column(own)
    return CODED[name](column, own)


def half_stars(column: NDArray[Any], name: str) -> NDArray[np.int16]:
    """Return ratings as 1 to 10; what is the best is told from the largest there is."""
    rating = numbers(column, name)
    known = rating[np.isfinite(rating)]
    largest = float(known.max()) if len(known) else 5.0
    best = next((best for best in (5, 10, 100) if largest <= best), largest)
    scaled = np.clip(np.round(np.nan_to_num(rating) * 10 / best), 1, 10)
    return np.where(np.isfinite(rating), scaled, 0).astype(np.int16)


def actions(column: NDArray[Any], name: str) -> NDArray[np.int16]:
    """Return codes into ACTIONS."""
    return np.asarray([_ACTIONS.get(_word(value), 0) for value in column.tolist()], np.int16)


def devices(column: NDArray[Any], name: str) -> NDArray[np.int16]:
    """Return 1 + the place in DEVICES."""
    code = {device: place + 1 for place, device in enumerate(DEVICES)}
    return np.asarray([code.get(_word(value), 0) for value in column.tolist()], np.int16)


CODED = {"rating": half_stars, "action": actions, "device": devices}


def _word(value: Any) -> str:
    return str(value).strip().lower().replace(" ", "_")


def moments(column: NDArray[Any], name: str) -> NDArray[np.int64]:
    """Return times in milliseconds since 1970; those without a zone count as UTC.

    Raises:
        InvalidInput: a time is missing or cannot be read.
    """
    if column.dtype.kind == "M":
        refuse_empty(np.isnat(column), name)
        return column.astype("datetime64[ms]").astype(np.int64)
    if column.dtype.kind in "iuf":
        return _numbered(column.astype(np.float64), name)
    values: Sequence[Any] = column.tolist()
    refuse_empty(np.asarray([is_empty(value) or value == "" for value in values], bool), name)
    return np.asarray([moment_ms(value, name) for value in values], np.int64)


def moment_ms(value: Any, name: str = "at") -> int:
    """Return one time in milliseconds since 1970."""
    if isinstance(value, np.datetime64):
        return int(value.astype("datetime64[ms]").astype(np.int64))
    if isinstance(value, datetime):
        aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        return round(aware.timestamp() * 1000)
    if isinstance(value, date):
        return moment_ms(datetime(value.year, value.month, value.day))
    return time_ms(value.item() if isinstance(value, np.generic) else value, name)


def _numbered(value: NDArray[np.float64], name: str) -> NDArray[np.int64]:
    refuse_empty(np.isnan(value), name)
    at_ms = np.where(np.abs(value) < SECONDS_BELOW, value * 1000, value)
    if len(at_ms) and np.abs(at_ms).max() > _LAST_MS:
        raise InvalidInput(
            f"{name} holds times after the year 9999, or in micro- or nanoseconds.",
            field=name,
            fix=_FIX,
        )
    return np.round(at_ms).astype(np.int64)
