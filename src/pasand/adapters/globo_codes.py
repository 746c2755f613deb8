"""What the coded integers of Globo's click log mean, as far as the data themselves tell.

The owner publishes no key. Regions number the states of Brazil in the order of their names, and
28 is "none": the shares of clicks follow the states' populations, and by the hours of the clicks
every state of the west runs behind the coast by its own offset. Device groups are in the order of
their names too: group 1 has Windows and working hours, groups 3 and 4 have Android and iOS and
evenings. Keys that circulate elsewhere call group 1 a tablet and group 5 a desktop; the log
speaks against both. What is not certain here keeps the owner's code.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

__all__ = ["BRAZIL", "Place", "device_class", "place"]

BRAZIL = 1

#: State by region code from 1, with its time zone.
_STATES = (
    ("AC", "Rio_Branco"), ("AL", "Maceio"), ("AP", "Belem"), ("AM", "Manaus"), ("BA", "Bahia"),
    ("CE", "Fortaleza"), ("ES", "Sao_Paulo"), ("DF", "Sao_Paulo"), ("GO", "Sao_Paulo"),
    ("MA", "Fortaleza"), ("MT", "Cuiaba"), ("MS", "Campo_Grande"), ("MG", "Sao_Paulo"),
    ("PA", "Belem"), ("PB", "Fortaleza"), ("PR", "Sao_Paulo"), ("PE", "Recife"),
    ("PI", "Fortaleza"), ("RN", "Fortaleza"), ("RS", "Sao_Paulo"), ("RJ", "Sao_Paulo"),
    ("RO", "Porto_Velho"), ("RR", "Boa_Vista"), ("SC", "Sao_Paulo"), ("SP", "Sao_Paulo"),
    ("SE", "Maceio"), ("TO", "Araguaina"),
)  # fmt: skip

_DEVICES: Mapping[int, str] = MappingProxyType({1: "desktop", 3: "phone", 4: "tablet"})


class Place(NamedTuple):
    """Where a click came from; empty texts where the log does not say."""

    country: str
    region: str
    time_zone: str


_NOWHERE = Place("", "", "")
#: Most of Brazil keeps the time of São Paulo.
_SOMEWHERE_IN_BRAZIL = Place("BR", "", "America/Sao_Paulo")


def place(country: int, region: int) -> Place:
    """Return the place behind the codes; the region is an ISO 3166-2 code such as BR-SP."""
    if country != BRAZIL:
        return _NOWHERE
    if not 1 <= region <= len(_STATES):
        return _SOMEWHERE_IN_BRAZIL
    state, city = _STATES[region - 1]
    return Place("BR", f"BR-{state}", f"America/{city}")


def device_class(group: int) -> str:
    """Return the device class of a group; other where it is not certain."""
    return _DEVICES.get(group, "other")
