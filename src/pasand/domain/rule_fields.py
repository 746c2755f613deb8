"""What an operator's rule may speak of: fields of the item, the member and the request."""

from __future__ import annotations

from dataclasses import dataclass

from pasand.domain.catalog import ITEM_TYPES
from pasand.domain.events import DEVICES

__all__ = ["FIELDS", "WEEKDAYS", "Field"]

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Field:
    """``kind``: text, number, flag, words (several texts), past (a moment, looked back to) or
    ahead (a moment, looked forward to). ``known`` are the only texts it can have; ``code`` says
    that these are countries.
    """

    kind: str
    says: str
    known: tuple[str, ...] = ()
    code: bool = False


FIELDS = {
    "item.id": Field("text", "its id"),
    "item.title": Field("text", "its title"),
    "item.type": Field("text", "what it is", ITEM_TYPES),
    "item.language": Field("text", "its language"),
    "item.series": Field("text", "the id of its series"),
    "item.currency": Field("text", "the currency of its price"),
    "item.genre": Field("words", "its genres"),
    "item.tag": Field("words", "its tags"),
    "item.person": Field("words", "its people"),
    "item.region": Field("words", "the countries it is limited to", code=True),
    "item.year": Field("number", "the year it is from"),
    "item.maturity": Field("number", "the age it is for"),
    "item.runtime": Field("number", "how long it runs, in minutes"),
    "item.price": Field("number", "its price"),
    "item.stock": Field("number", "how many are left; unknown where it cannot run out"),
    "item.released": Field("past", "when it came out"),
    "item.added": Field("past", "when it came to the service"),
    "item.leaves": Field("ahead", "when it leaves the service"),
    "member.country": Field("text", "the country on record", code=True),
    "member.language": Field("text", "the language on record"),
    "member.is_child": Field("flag", "whether it is a kids' profile"),
    "member.is_known": Field("flag", "whether there is such a member"),
    "member.ceiling": Field("number", "the highest age they may see"),
    "member.events": Field("number", "how many events are in the profile"),
    "request.device": Field("text", "the device class", DEVICES),
    "request.surface": Field("text", "the kind of page", ("home", "browse")),
    "request.country": Field("text", "the country of the request, else the member's", code=True),
    "request.locale": Field("text", "the locale asked for"),
    "request.hour": Field("number", "the hour by the member's clock, 0 to 23"),
    "request.weekday": Field("text", "the day by the member's clock", WEEKDAYS),
    "request.is_weekend": Field("flag", "whether it is Saturday or Sunday there"),
    "request.month": Field("number", "the month there, 1 to 12"),
    "request.day": Field("number", "the day of the month there"),
}
