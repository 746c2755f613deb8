"""A visit as the events that a client would send, in order of time, and the page as a record.

Only translation: nothing is drawn or decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pasand.domain.events import Event
from pasand.world.behaviour import Cells, Visit
from pasand.world.members import WorldMember
from pasand.world.truth import World

__all__ = ["VisitPlace", "events_of_visit", "session_end_ms"]

PROGRESS_SHARE = 0.5
SCROLL_FROM_ROW = 3
LOOK_MS = 1_500


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitPlace:
    """Where and when a visit takes place; ``prefix`` makes its event ids unique."""

    prefix: str
    page_id: str
    device: str
    at_ms: int


class _Writer:
    """Makes events one after another, with a clock of its own."""

    def __init__(self, member: WorldMember, place: VisitPlace) -> None:
        self.at_ms = place.at_ms
        self.events: list[Event] = []
        self._member = member.member
        self._place = place
        self._device_id = f"d.{member.member.member_id}.{place.device}"
        self._session_id = f"s.{place.prefix}"

    def write(
        self,
        kind: str,
        item_id: str = "",
        artwork_id: str = "",
        row: int | None = None,
        column: int | None = None,
        payload: Mapping[str, Any] | None = None,
    ) -> None:
        place, member = self._place, self._member
        self.events.append(
            Event(
                event_id=f"{place.prefix}.{len(self.events):03d}",
                kind=kind,
                occurred_ms=self.at_ms,
                member_id=member.member_id,
                account_id=member.account_id,
                item_id=item_id,
                artwork_id=artwork_id,
                device=place.device,
                device_id=self._device_id,
                session_id=self._session_id,
                page_id=place.page_id,
                surface="home",
                row=row,
                column=column,
                country=member.country,
                language=member.language,
                time_zone=member.time_zone,
                payload=payload or {},
            )
        )


def events_of_visit(
    world: World, member: WorldMember, place: VisitPlace, cells: Cells, visit: Visit
) -> list[Event]:
    """Return the events of ``visit``: looking, then searching, playing, and saying so."""
    writer = _Writer(member, place)
    _write_looking(writer, world, cells, visit)
    ids = world.truth.item_ids
    if visit.searched >= 0:
        writer.at_ms += 6_000
        text = world.titles[visit.searched].item.title.lower()
        writer.write("search_query", payload={"text": text})
        writer.at_ms += 3_000
        writer.write("search_click", ids[visit.searched], payload={"text": text})
    if visit.list_added >= 0:
        writer.at_ms += 1_000
        writer.write("list_add", ids[visit.list_added])
    if visit.hidden >= 0:
        writer.at_ms += 1_000
        writer.write("not_interested", ids[visit.hidden])
    if visit.play is not None:
        _write_play(writer, world, cells, visit)
    return writer.events


def session_end_ms(events: list[Event], at_ms: int) -> int:
    """Return when the last of ``events`` happened, ``at_ms`` if there is none."""
    return events[-1].occurred_ms if events else at_ms


def _cell(world: World, cells: Cells, at: int) -> tuple[str, str, int, int]:
    artwork = int(cells.artwork[at])
    return (
        world.truth.item_ids[int(cells.item[at])],
        world.truth.artwork_ids[artwork] if artwork >= 0 else "",
        int(cells.row[at]),
        int(cells.column[at]),
    )


def _write_looking(writer: _Writer, world: World, cells: Cells, visit: Visit) -> None:
    depth = 0
    for at, dwell_ms in zip(visit.seen.tolist(), visit.dwell_ms.tolist(), strict=True):
        cell = _cell(world, cells, at)
        # The client reports a cell once it is left, so the time runs before the event.
        writer.at_ms += min(dwell_ms, LOOK_MS)
        writer.write("impression", *cell, payload={"visible": 1.0, "dwell_ms": dwell_ms})
        if at in visit.hovered:
            writer.at_ms += 400
            writer.write("hover", *cell, payload={"dwell_ms": 400})
        if at == visit.opened:
            writer.at_ms += 800
            writer.write("detail_open", *cell)
        depth = max(depth, cell[2])
    if depth >= SCROLL_FROM_ROW:
        writer.at_ms += 300
        writer.write("scroll", row=depth, payload={"row_depth": depth})


def _write_play(writer: _Writer, world: World, cells: Cells, visit: Visit) -> None:
    play = visit.play
    assert play is not None
    item_id = world.truth.item_ids[play.item]
    cell: tuple[str, str, int | None, int | None] = (item_id, "", None, None)
    if play.cell >= 0:
        cell = _cell(world, cells, play.cell)
    start_ms = writer.at_ms = writer.at_ms + 2_000

    def say(kind: str, position_s: int) -> None:
        writer.at_ms = start_ms + 1000 * (position_s - play.from_s)
        place = {"position_s": position_s, "duration_s": play.duration_s}
        writer.write(kind, *cell, payload=place)

    say("play_start", play.from_s)
    if play.ending == "abandon":
        say("abandon", play.to_s)
    else:
        say("progress", play.from_s + int(PROGRESS_SHARE * (play.to_s - play.from_s)))
        say("play_stop" if play.ending == "stop" else "complete", play.to_s)
    writer.at_ms += 4_000
    if visit.thumb:
        writer.write("thumb", item_id, payload={"value": visit.thumb})
    if visit.rating:
        writer.write("rating", item_id, payload={"value": visit.rating})
    if visit.list_removed >= 0:
        writer.write("list_remove", world.truth.item_ids[visit.list_removed])
