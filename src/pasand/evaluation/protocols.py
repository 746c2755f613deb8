"""The protocols by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pasand.errors import InvalidInput
from pasand.evaluation import (
    protocol_day,
    protocol_hidden_items,
    protocol_leave_one_out,
    protocol_session,
    protocol_time,
)
from pasand.evaluation.data import EvaluationData
from pasand.evaluation.splits import Rules, Split

__all__ = ["PROTOCOLS", "check_protocol", "split_by"]

PROTOCOLS: Mapping[str, Callable[[EvaluationData, Rules], Split]] = MappingProxyType(
    {
        "leave-one-out": protocol_leave_one_out.split,
        "time": protocol_time.split,
        "day": protocol_day.split,
        "session": protocol_session.split,
        "hidden-items": protocol_hidden_items.split,
    }
)


def check_protocol(protocol: str) -> None:
    """Refuse a name that no protocol has.

    Raises:
        InvalidInput: there is no such protocol.
    """
    if protocol not in PROTOCOLS:
        raise InvalidInput(
            f"There is no protocol called {protocol!r}.",
            field="protocol",
            fix=f"Choose from {', '.join(PROTOCOLS)}.",
        )


def split_by(protocol: str, data: EvaluationData, rules: Rules | None = None) -> Split:
    """Split ``data`` by a protocol.

    Raises:
        InvalidInput: there is no such protocol, it does not suit the data, or it finds no target.
    """
    check_protocol(protocol)
    if len(data) < 10:
        raise InvalidInput(
            f"{len(data)} interactions are too few to split.",
            field="data",
            fix="Evaluate on at least 10 interactions.",
        )
    found = PROTOCOLS[protocol](data.in_order(), rules or Rules())
    if not len(found.targets):
        raise InvalidInput(
            f"Protocol {protocol} finds no target: nobody takes an item there that is new to them.",
            field="data",
            fix="Use another protocol, or more data.",
        )
    return found
