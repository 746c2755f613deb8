"""Exporting a member: everything that is held of them, as one JSON document in pieces.

The same declared places are walked as in erasing, so what can be erased can be seen before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from pasand.domain.profile import Profile
from pasand.domain.times import write_time
from pasand.errors import NotFound
from pasand.flows.merging import visitors_of
from pasand.member_ports import MemberPlace
from pasand.ports import EventLog

__all__ = ["exported"]


def exported(
    places: Sequence[MemberPlace], log: EventLog, profile: Profile, at_ms: int
) -> Iterator[bytes]:
    """Return the pieces of the document about the member of ``profile``, folded up to now.

    Each of ``held`` says in which ``place`` it lies. Visitors who turned out to be the member
    are exported too.

    Raises:
        NotFound: nothing is held under this id.
    """
    member_id = profile.member_id
    ids = [member_id, *visitors_of(log, member_id)]
    held = ((place.name, each) for name in ids for place in places for each in place.held(name))
    first = next(held, None)
    if first is None:
        raise NotFound(f"Nothing is held of member {member_id}.", field="member_id")
    return _pieces(ids, profile, at_ms, first, held)


def _pieces(
    ids: Sequence[str],
    profile: Profile,
    at_ms: int,
    first: tuple[str, Mapping[str, Any]],
    rest: Iterator[tuple[str, Mapping[str, Any]]],
) -> Iterator[bytes]:
    head = {"member_id": ids[0], "ids": ids, "at": write_time(at_ms), "profile": _plain(profile)}
    yield _json(head)[:-1] + b',"held":[\n' + _line(first)
    for each in rest:
        yield b",\n" + _line(each)
    yield b"\n]}\n"


def _line(each: tuple[str, Mapping[str, Any]]) -> bytes:
    place, values = each
    return _json({"place": place, **_plain(values)})


def _json(value: Any) -> bytes:
    return msgspec.json.encode(value, enc_hook=str)


def _plain(value: Any) -> Any:
    """Return a value with every field by its name."""
    if isinstance(value, msgspec.Struct):
        return {k: _plain(v) for k, v in msgspec.structs.asdict(value).items()}
    if hasattr(value, "_asdict"):
        return {k: _plain(v) for k, v in value._asdict().items()}
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [_plain(one) for one in value]
    return value.tolist() if hasattr(value, "tolist") else value
