"""Members from raw mappings (JSON values or CSV texts), and back to JSON.

Fields that we do not know (an age, a gender, a postcode) are left behind on purpose: no stage
may read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pasand.domain.coerce import Reader, country, flag, identifier, refuse, text
from pasand.domain.fields import Field, missing, read_fields, write_fields
from pasand.domain.maturity import age
from pasand.domain.member import Member

__all__ = ["KIDS_AGE", "MEMBER_FIELDS", "member_to_json", "parse_member"]

#: The ceiling of a kids' member that names none: better a title too few than one too old.
KIDS_AGE = 8


def _read_time_zone(value: Any, field: str) -> str:
    name: str = text(64)(value, field)
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        refuse(field, value, "not a known time zone", "Give a name such as Europe/Paris or UTC.")
    return name


#: Whether a zone of this name exists is more than a schema can say.
_time_zone = Reader(_read_time_zone, text(64).schema)

MEMBER_FIELDS = {
    "member_id": Field("member_id", identifier),
    "account_id": Field("account_id", identifier),
    "name": Field("name", text(200)),
    "kids": Field("kids", flag),
    "maturity_ceiling": Field("maturity_ceiling", age),
    "language": Field("language", text(35)),
    "country": Field("country", country),
    "time_zone": Field("time_zone", _time_zone),
    "personalised": Field("personalised", flag),
    "consent": Field("consent", flag),
}


def parse_member(raw: Mapping[str, Any]) -> Member:
    """Return the member behind a raw mapping; unknown fields are not kept."""
    known, _ = read_fields(raw, MEMBER_FIELDS, "member")
    if "member_id" not in known:
        raise missing("member_id", "Give the id under which your system knows the member.")
    if known.get("kids"):
        known.setdefault("maturity_ceiling", KIDS_AGE)
    return Member(**known)


def member_to_json(member: Member) -> dict[str, Any]:
    """Return a member as JSON values that ``parse_member`` reads back to an equal member."""
    return write_fields(member, MEMBER_FIELDS)
