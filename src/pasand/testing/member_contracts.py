"""What every adapter of the doors in ``member_ports`` must keep; used as ``contracts.py`` is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from pasand.domain.events import Event
from pasand.errors import InvalidInput
from pasand.member_ports import ErasureLedger, MemberPlace
from pasand.ports import EventLog, Rejected
from pasand.testing import samples

__all__ = ["ErasureLedgerContract", "GuardedLogContract", "MemberPlacesContract"]


class ErasureLedgerContract(ABC):
    """Who was erased is known for ever, by a keyed hash alone once it is done."""

    @abstractmethod
    def make(self) -> ErasureLedger:
        """Return an empty ledger, always with the same key or none yet."""

    def test_an_empty_ledger_knows_nobody(self) -> None:
        ledger = self.make()
        assert ledger.entries() == [] and ledger.find("m1") is None
        assert not ledger.is_erased("m1") and not ledger.is_erased("")
        assert not ledger.names_erased(b"m1")

    def test_an_erasure_goes_its_way_and_forgets_the_ids(self) -> None:
        ledger = self.make()
        ledger.suppress(["m1", "visitor-1"], "er_1", 5)
        ledger.suppress(["m2"], "er_2", 6)
        assert [e.member_id for e in ledger.entries()] == ["m1", "visitor-1", "m2"]
        assert {e.state for e in ledger.entries()} == {"pending"}
        ledger.move("er_1", "scrubbing", 7)
        ledger.move("er_1", "done", 8)
        one, two, three = ledger.entries()
        assert (one.member_id, one.state, one.asked_ms, one.done_ms) == ("", "done", 5, 8)
        assert (two.erasure_id, two.state, three.state) == ("er_1", "done", "pending")
        assert ledger.is_erased("m1") and ledger.is_erased("visitor-1")
        assert not ledger.is_erased("m11") and not ledger.is_erased("M1")
        assert ledger.find("m1") == one

    def test_who_turns_up_again_is_pending_again_under_the_same_erasure(self) -> None:
        ledger = self.make()
        ledger.suppress(["m1"], "er_1", 5)
        ledger.move("er_1", "done", 8)
        ledger.suppress(["m1"], "er_9", 9)
        (entry,) = ledger.entries()
        assert (entry.erasure_id, entry.member_id, entry.state) == ("er_1", "m1", "pending")

    def test_a_name_is_found_as_a_word_in_any_bytes(self) -> None:
        ledger = self.make()
        ledger.suppress(["m1"], "er_1", 5)
        for said in (b'{"member_id": "m1"}', b"m1,i7,play", b'{"a": "\\u006d1"', b"by m1."):
            assert ledger.names_erased(said), said
        for said in (b'{"member_id": "m11"}', b"", b"\xff\x00m2", b"xm1"):
            assert not ledger.names_erased(said), said

    def test_a_ledger_kept_elsewhere_is_taken_in_once(self) -> None:
        first, second = self.make(), self.make()
        first.suppress(["m1"], "er_1", 5)
        first.move("er_1", "done", 8)
        written = first.written()
        assert b"m1" not in written
        second.suppress(["m2"], "er_2", 6)
        assert (second.take_in(written), second.take_in(written)) == (1, 0)
        assert second.is_erased("m1") and second.is_erased("m2") and not first.is_erased("m2")
        try:
            second.take_in(b'{"no": "ledger"}')
        except InvalidInput:
            return
        raise AssertionError("what is no ledger was taken in")


class GuardedLogContract(ABC):
    """A log takes nothing of who was erased, and all of the others, in order."""

    @abstractmethod
    def make(self) -> tuple[EventLog, ErasureLedger]:
        """Return an empty log and the ledger that guards it."""

    def test_each_event_gets_its_own_verdict(self) -> None:
        log, ledger = self.make()
        log.append([samples.event("before", member_id="gone")])
        ledger.suppress(["gone"], "er_1", 5)
        events = [
            samples.event("a"),
            samples.event("b", member_id="gone"),
            samples.event("before", member_id="gone"),
            samples.event("a"),
            samples.put_event(samples.item("i1")),
        ]
        told = [verdict.status for verdict in log.append(events)]
        assert told == ["accepted", "erased", "erased", "duplicate", "accepted"]
        assert [v.status for v in log.submit(events[1:2]).result()] == ["erased"]
        sealed = [log.seal(event) for event in events[1:2]]
        assert [v.status for v in log.submit_sealed(sealed).result()] == ["erased"]
        assert log.count() == 3 and log.find("b") is None

    def test_dead_letters_that_name_them_are_not_kept(self) -> None:
        log, ledger = self.make()
        ledger.suppress(["gone"], "er_1", 5)
        letters = [
            Rejected(1, "bad", "kind", source, body)
            for source, body in (
                ("shop", b'{"member_id": "gone"}'),
                ("session gone", b"{}"),
                ("shop", b'{"member_id": "other"}'),
            )
        ]
        log.set_aside(letters)
        assert [letter.body for letter in log.rejected()] == [letters[2].body]


class MemberPlacesContract(ABC):
    """Places show all that is held of a member, and erasing leaves nothing but the others'."""

    @abstractmethod
    def make(self) -> tuple[EventLog, Sequence[MemberPlace]]:
        """Return an empty log, and the places of its store."""

    def events(self) -> list[Event]:
        """Return events of three members, one of which names another."""
        named = {"by": "erin-17", "text": "of erin-17, with love"}
        return [
            *(samples.event(f"e{n}", member_id=f"m{n % 3}") for n in range(9)),
            *(samples.event(f"c{n}", member_id="erin-17") for n in range(5)),
            samples.event("named", member_id="m1", payload=named, extra={"erin-17": 1}),
        ]

    def held(self, places: Sequence[MemberPlace], member_id: str) -> int:
        """Return how much is held of a member."""
        return sum(1 for place in places for _ in place.held(member_id))

    def erase(self, places: Sequence[MemberPlace], member_id: str) -> int:
        """Walk the places."""
        return sum(place.erase("er_1", [member_id], lambda done, total: None) for place in places)

    def test_what_is_held_is_shown_and_then_gone(self) -> None:
        log, places = self.make()
        log.append(self.events())
        log.set_aside([Rejected(1, "bad", "kind", "shop", b'{"who": "erin-17"}')])
        assert self.held(places, "erin-17") == 6 and self.held(places, "m1") == 4
        assert self.erase(places, "erin-17") >= 7
        assert self.held(places, "erin-17") == 0 and log.rejected() == []
        assert self.held(places, "m1") == 4 and log.count() == 10
        named = log.find("named")
        assert named is not None and named.event.extra == {"erased": 1}
        assert named.event.payload == {"by": "erased", "text": "of erased, with love"}

    def test_erasing_may_be_repeated_and_the_ids_stay_counted(self) -> None:
        log, places = self.make()
        log.append(self.events())
        self.erase(places, "erin-17")
        assert self.erase(places, "erin-17") == 0
        assert {v.status for v in log.append(self.events()[9:14])} == {"duplicate"}
        assert {v.status for v in log.append(self.events()[14:])} == {"duplicate"}
