"""What every adapter of a port must keep, as classes of tests that know no adapter.

Derive from a class, give ``make`` (a fresh, empty store), and let pytest collect the result.
Nothing here imports a test runner, and nothing measures time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from pasand.domain.events import Event
from pasand.domain.member import Member
from pasand.domain.profile import Profile
from pasand.domain.rules import Rule
from pasand.ports import CatalogStore, EventLog, Key, Ledger, ProfileStore, Rejected
from pasand.testing import samples

__all__ = [
    "CatalogStoreContract",
    "EventLogContract",
    "LedgerContract",
    "ProfileStoreContract",
]


class EventLogContract(ABC):
    """An append-only log: offsets rise, an event id counts once, what goes in comes out."""

    @abstractmethod
    def make(self) -> EventLog:
        """Return an empty log."""

    def test_empty(self) -> None:
        log = self.make()
        assert (log.last_offset(), log.latest_ms(), log.count()) == (0, 0, 0)
        assert list(log.read()) == [] and log.of_member("m1") == [] and log.rejected() == []
        assert log.find("e1") is None
        assert len(log.interactions({"play_start": 1.0})) == 0
        assert log.append([]) == []

    def test_offsets_rise_and_events_come_back_whole(self) -> None:
        log = self.make()
        whole = Event(
            event_id="whole",
            kind="impression",
            occurred_ms=samples.NOW_MS,
            member_id="m1",
            account_id="a1",
            item_id="i1",
            artwork_id="i1.a0",
            device="tv",
            device_id="d1",
            session_id="s1",
            page_id="pg_1",
            surface="home",
            row=0,
            column=0,
            country="IN",
            language="hi",
            time_zone="Asia/Kolkata",
            payload={"visible": 0.75, "dwell_ms": 1200, "deep": {"list": [1, "ü", None]}},
            extra={"unknown": True},
        )
        large = samples.event("large", "search_query", payload={"text": "ü" * 3000})
        verdicts = log.append([whole, samples.event("bare"), large])
        assert [verdict.status for verdict in verdicts] == ["accepted"] * 3
        offsets = [verdict.offset for verdict in verdicts]
        assert offsets == sorted(set(offsets)) and offsets[0] > 0
        assert [stored.event for stored in log.read()] == [whole, samples.event("bare"), large]
        assert [stored.offset for stored in log.read()] == offsets
        assert log.last_offset() == offsets[-1]
        found = log.find("whole")
        assert found is not None and found == (offsets[0], whole)

    def test_a_sealed_event_is_the_same_event(self) -> None:
        log = self.make()
        rows = [{"row_id": "hero", "items": ["i1"] * 400, "score": [0.5] * 400}]
        page = samples.event("page", "page_served", page_id="page", payload={"rows": rows})
        sealed = log.seal(page)
        assert log.opened(sealed) == page and log.count() == 0
        assert log.submit_sealed([sealed]).result()[0].status == "accepted"
        found = log.find("page")
        assert found is not None and found.event == page
        assert log.append([page])[0].status == "duplicate"

    def test_an_event_id_counts_once_for_ever(self) -> None:
        log = self.make()
        first = log.append([samples.event("e1"), samples.event("e1", "complete")])
        again = log.append([samples.event("e1"), samples.event("e2")])
        assert [verdict.status for verdict in first] == ["accepted", "conflict"]
        assert [verdict.status for verdict in again] == ["duplicate", "accepted"]
        assert log.count() == 2
        assert [stored.event.kind for stored in log.read()] == ["play_start", "play_start"]
        assert again[1].offset > first[0].offset

    def test_what_the_sender_said_decides_what_a_repeat_is(self) -> None:
        log = self.make()
        log.append([samples.event("e1", said="one")])
        later = [samples.event("e1", occurred_ms=9, said=word) for word in ("one", "two")]
        assert [verdict.status for verdict in log.append(later)] == ["duplicate", "conflict"]
        assert [stored.event.said for stored in log.read()] == [""]

    def test_reading_on_from_an_offset_and_by_kind(self) -> None:
        log = self.make()
        kinds = ["play_start", "thumb", "play_start", "impression"]
        log.append([samples.event(f"e{n}", kind) for n, kind in enumerate(kinds)])
        offsets = [stored.offset for stored in log.read()]
        assert [s.event.event_id for s in log.read(after=offsets[1])] == ["e2", "e3"]
        assert [s.event.event_id for s in log.read(kinds=("thumb", "impression"))] == ["e1", "e3"]
        assert list(log.read(after=offsets[-1])) == []
        assert log.count("play_start") == 2 and log.count("hide") == 0

    def test_one_members_events_in_offset_order(self) -> None:
        log = self.make()
        log.append(
            [
                samples.event("late", occurred_ms=samples.NOW_MS),
                samples.event("other", member_id="m2"),
                samples.event("early", occurred_ms=samples.NOW_MS - 5000),
            ]
        )
        of_member = log.of_member("m1")
        assert [stored.event.event_id for stored in of_member] == ["late", "early"]
        rest = log.of_member("m1", after=of_member[0].offset)
        assert [stored.event.event_id for stored in rest] == ["early"]
        assert log.of_member("m3") == []

    def test_events_without_a_member_belong_to_nobody(self) -> None:
        log = self.make()
        log.append([samples.put_event(samples.item("i1"))])
        assert log.of_member("") == []

    def test_the_latest_moment_is_one_of_members_doing(self) -> None:
        log = self.make()
        log.append(
            [
                samples.event("newest", occurred_ms=5000),
                samples.event("older", occurred_ms=4000),
                samples.put_event(samples.item("i1"), at_ms=9000),
            ]
        )
        assert log.latest_ms() == 5000

    def test_submitted_events_are_there_when_the_future_is_done(self) -> None:
        log = self.make()
        futures = [log.submit([samples.event(f"e{n}")]) for n in range(50)]
        assert {future.result()[0].status for future in futures} == {"accepted"}
        assert log.count() == 50

    def test_many_threads_append_at_once(self) -> None:
        log = self.make()

        def append(n: int) -> str:
            # Every event is sent twice, by different threads.
            return log.append([samples.event(f"e{n % 40}")])[0].status

        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(append, range(80)))
        assert statuses.count("accepted") == 40 and log.count() == 40

    def test_what_was_rejected_is_kept_with_its_bytes(self) -> None:
        log = self.make()
        bad = [
            Rejected(n, f"reason {n}", "kind", "test", b'\xff\x00{"kind": broken') for n in range(3)
        ]
        log.set_aside(bad)
        assert log.rejected() == bad[::-1]
        assert log.rejected(limit=1) == bad[2:]
        assert log.count() == 0 and log.rejected_count() == 3

    def test_rejected_are_numbered_settled_and_renewed(self) -> None:
        log = self.make()
        log.set_aside([Rejected(n, "why", "kind", "test", b"%d" % n) for n in range(4)])
        numbers = [one.number for one in log.rejected()]
        assert numbers == sorted(set(numbers), reverse=True) and min(numbers) > 0
        assert log.rejected(before=numbers[1]) == log.rejected()[2:]
        newest = log.rejected_one(numbers[0])
        assert newest is not None and newest.body == b"3" and log.rejected_one(99) is None
        log.settle_rejected(numbers[:2], [Rejected(9, "new", "item_id", "x", b"", numbers[3])])
        log.settle_rejected(numbers[:1])
        assert [one.number for one in log.rejected()] == numbers[2:]
        # The bytes, the source and the time stay as they were.
        assert log.rejected()[-1] == Rejected(0, "new", "item_id", "test", b"0")
        log.set_aside([newest])
        assert log.rejected()[0].number > numbers[0], "a number is given once"

    def test_whose_events_came_in_the_order_of_the_log(self) -> None:
        log = self.make()
        log.append([samples.event("e1"), samples.put_event(samples.item("i1"))])
        log.append([samples.event("e2", member_id="m2"), samples.event("e3", occurred_ms=1)])
        offsets = [stored.offset for stored in log.read()]
        assert log.whose(0, 9) == [(offsets[0], "m1"), (offsets[2], "m2"), (offsets[3], "m1")]
        assert log.whose(offsets[0], 1) == [(offsets[2], "m2")]
        assert log.whose(offsets[3], 9) == []

    def test_interactions_are_arrays_in_stable_time_order(self) -> None:
        log = self.make()
        log.append(
            [
                samples.event("late", item_id="i3", occurred_ms=3000),
                samples.event("first", item_id="i1", occurred_ms=1000),
                samples.event("tie", item_id="i2", occurred_ms=1000, member_id="m2"),
                samples.event("view", "view", item_id="i1", occurred_ms=2000),
                samples.event("other", "thumb", payload={"value": 1}),
            ]
        )
        found = log.interactions({"play_start": 1.0, "view": 0.25})
        assert [found.item_ids[code] for code in found.item] == ["i1", "i2", "i1", "i3"]
        assert [found.member_ids[code] for code in found.member] == ["m1", "m2", "m1", "m1"]
        assert found.at_ms.tolist() == [1000, 1000, 2000, 3000]
        assert found.weight.tolist() == [1.0, 1.0, 0.25, 1.0]
        assert found.feature["action"].tolist() == [1, 1, 6, 1]

    def test_what_is_not_to_be_learned_from_is_no_interaction(self) -> None:
        log = self.make()
        long = {"note": "x" * 3_000}
        log.append(
            [
                samples.event("agreed", consent=True, extra={"unjoined": False}),
                samples.event("silent", item_id="i2", payload={"consent": False}, extra=long),
                samples.event("refused", item_id="i3", consent=False),
                samples.event("long", item_id="i4", consent=False, extra=long),
                samples.event("unjoined", item_id="i5", extra={"unjoined": True}),
            ]
        )
        assert log.interactions({"play_start": 1.0}).item_ids == ("i1", "i2")


class CatalogStoreContract(ABC):
    """Items and members follow from the log's record events, at once."""

    @abstractmethod
    def make(self) -> tuple[EventLog, CatalogStore]:
        """Return an empty log and the store that follows it."""

    def test_empty(self) -> None:
        _, store = self.make()
        assert list(store.items()) == [] and store.members() == []
        assert (store.item_count(), store.item_version(), store.member_count()) == (0, 0, 0)
        assert store.member("m1") is None

    def test_items_are_put_replaced_and_deleted_in_their_first_order(self) -> None:
        log, store = self.make()
        plenty = samples.items(3)
        log.append([samples.put_event(one) for one in plenty])
        assert list(store.items()) == plenty
        changed = samples.item("i1", title="New title", genres=("Crime",))
        version = log.append([samples.put_event(changed, "again")])[0].offset
        assert list(store.items()) == [plenty[0], changed, plenty[2]]
        assert store.item_version() == version and store.item_count() == 3
        gone = log.append([samples.delete_item_event("i1")])[0].offset
        assert list(store.items()) == [plenty[0], plenty[2]]
        assert store.item_version() == gone and store.item_count() == 2
        log.append([samples.put_event(changed, "third")])
        assert list(store.items()) == [plenty[0], changed, plenty[2]]

    def test_members_are_put_replaced_and_deleted(self) -> None:
        log, store = self.make()
        ann = Member(member_id="m1", name="Ann", maturity_ceiling=8, kids=True)
        bob = Member(member_id="m2", name="Bob", time_zone="Asia/Kolkata", personalised=False)
        log.append([samples.member_event(ann), samples.member_event(bob)])
        assert store.members() == [ann, bob] and store.member("m2") == bob
        assert store.members(limit=1) == [ann]
        older = Member(member_id="m1", name="Ann", maturity_ceiling=18)
        log.append([samples.member_event(older, "again")])
        assert store.member("m1") == older and store.members() == [older, bob]
        log.append([samples.delete_member_event("m1")])
        assert store.member("m1") is None and store.member_count() == 1

    def test_a_repeated_record_event_changes_nothing(self) -> None:
        log, store = self.make()
        log.append([samples.put_event(samples.item("i1"), "once")])
        log.append([samples.put_event(samples.item("i1", title="Other"), "once")])
        assert [one.title for one in store.items()] == ["Title i1"]


class ProfileStoreContract(ABC):
    """Profiles by member, with offsets; dropped where they no longer follow from the log."""

    @abstractmethod
    def make(self) -> tuple[EventLog, ProfileStore]:
        """Return an empty log and the profile store beside it."""

    def test_put_get_replace_and_forget(self) -> None:
        _, store = self.make()
        assert store.get("m1") is None
        profile = Profile(member_id="m1", event_count=3, genres={"Drama": 7}, listed={"i1": 5})
        store.put({"m1": (9, profile), "m2": (4, Profile(member_id="m2"))})
        assert store.get("m1") == (9, profile)
        store.put({"m1": (11, Profile(member_id="m1"))})
        assert store.get("m1") == (11, Profile(member_id="m1"))
        assert store.member_ids() == ["m1", "m2"]
        store.forget(["m1", "m3"])
        assert store.get("m1") is None and store.get("m2") is not None
        assert store.member_ids() == ["m2"]
        store.put({})
        store.forget([])

    def test_a_changed_item_drops_the_profiles_that_hold_it(self) -> None:
        log, store = self.make()
        log.append([samples.event("a"), samples.event("b", member_id="m2", item_id="i2")])
        changes = (
            samples.put_event(samples.item("i1", genres=("Drama",)), "came"),
            samples.put_event(samples.item("i1", genres=("Crime",)), "changed"),
            samples.put_event(samples.item("i1", genres=("Crime",), maturity=18), "not for kids"),
            samples.delete_item_event("i1"),
        )
        for change in changes:
            store.put({name: (2, Profile(member_id=name)) for name in ("m1", "m2")})
            log.append([change])
            assert store.get("m1") is None, change.event_id
            assert store.get("m2") is not None, change.event_id

    def test_a_change_that_no_fold_reads_keeps_the_profiles(self) -> None:
        log, store = self.make()
        first = samples.item("i1", genres=("Drama",), tags=("night",), maturity=13)
        log.append([samples.event("a"), samples.put_event(first, "came")])
        store.put({"m1": (2, Profile(member_id="m1"))})
        same = samples.item("i1", genres=("Drama",), tags=("night",), title="Other", maturity=16)
        log.append([samples.put_event(same, "renamed")])
        assert store.get("m1") is not None


class LedgerContract(ABC):
    """Keys, the live snapshot, and notes."""

    @abstractmethod
    def make(self) -> Ledger:
        """Return an empty ledger."""

    def test_keys(self) -> None:
        ledger = self.make()
        assert ledger.keys() == []
        key = Key("key_1", "backend", ("page:read", "events:write"), "ab" * 32, 5)
        ledger.put_key(key)
        ledger.put_key(Key("key_2", "other", ("admin",), "cd" * 32, 6))
        both = ledger.keys()
        assert [each.key_id for each in both] == ["key_1", "key_2"] and both[0] == key
        gone = Key("key_1", "backend", key.scopes, key.secret_sha256, 5, revoked_ms=9)
        ledger.put_key(gone)
        both = ledger.keys()
        assert [each.revoked_ms for each in both] == [9, 0]

    def test_the_last_promotion_is_live(self) -> None:
        ledger = self.make()
        assert ledger.live_snapshot() == ""
        assert ledger.promotions() == []
        for at_ms, snapshot_id in enumerate(("one", "two", "one")):
            ledger.promote(snapshot_id, at_ms)
            assert ledger.live_snapshot() == snapshot_id
        told = [(promotion.snapshot_id, promotion.at_ms) for promotion in ledger.promotions()]
        assert told == [("one", 0), ("two", 1), ("one", 2)]

    def test_rules_have_versions(self) -> None:
        ledger = self.make()
        assert ledger.rules() == [] and ledger.rule_version() == 0
        first = Rule(rule_id="one", text="filter when item.stock == 0", author="Ann", created_ms=5)
        second = Rule(rule_id="two", text="cap 2 per row when item.year < 1950", until_ms=9)
        versions = [ledger.put_rule(first), ledger.put_rule(second)]
        gone = replace(first, removed=True)
        versions.append(ledger.put_rule(gone))
        assert versions == sorted(set(versions)) and ledger.rule_version() == versions[-1]
        assert ledger.rules() == [gone, second]
        assert ledger.rules(versions[0]) == [first]
        assert ledger.rules(versions[1]) == [first, second]

    def test_notes(self) -> None:
        ledger = self.make()
        assert ledger.note("shift") == ""
        ledger.put_note("shift", "12")
        ledger.put_note("shift", "13")
        assert ledger.note("shift") == "13" and ledger.note("other") == ""
