"""Whether erasing a member leaves a byte: canary words in every field, and a search for them.

A home is made in which one member left a canary word in every place that keeps anything. After
the erasure every file is read: its bytes, what they hold compressed, all rows, and what backups
hold. The search must find every canary before, or it would prove nothing.
"""

from __future__ import annotations

import json
import shutil
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import apsw

from pasand.bench.children import run, serving
from pasand.bench.figures import Measured
from pasand.domain.events import Event
from pasand.domain.member import Member
from pasand.errors import OperatorError
from pasand.flows.engine import PageRequest
from pasand.flows.learning import learn
from pasand.ports import Rejected
from pasand.testing import samples

__all__ = [
    "CANARIES",
    "MEMBER",
    "OLD_MS",
    "VISITOR",
    "canaries_in",
    "canary_event",
    "letters",
    "lived",
    "measure_erasure",
]

CANARIES = tuple(f"canary{n:02}zq" for n in range(22))
MEMBER = CANARIES[0]
VISITOR = CANARIES[1]
OLD_MS = samples.NOW_MS - 400 * samples.DAY_MS


def canary_event(number: int, **fields: Any) -> Event:
    """Return an event of the member with a canary in every field that a member's data reach."""
    known: dict[str, Any] = {
        "event_id": f"{CANARIES[2]}-{number}", "kind": "play_start", "occurred_ms": OLD_MS + number,
        "received_ms": OLD_MS + number, "member_id": MEMBER, "account_id": CANARIES[3],
        "item_id": f"i{number % 20}", "artwork_id": CANARIES[4], "device": "tv",
        "device_id": CANARIES[5], "session_id": CANARIES[6], "request_id": CANARIES[7],
        "page_id": CANARIES[8], "surface": CANARIES[9], "language": CANARIES[10],
        "time_zone": "Asia/Kolkata", "country": "IN", "variants": {"row": CANARIES[11]},
        "payload": {"position_s": 60, "note": CANARIES[12]},
        "extra": {CANARIES[13]: [CANARIES[14]]},
    }  # fmt: skip
    return Event(**{**known, **fields})


def letters() -> list[Rejected]:
    """Return dead letters that name the member in every way, and one that does not."""
    body = json.dumps({"kind": "nonsense", "member_id": MEMBER, "word": CANARIES[15]}).encode()
    of_event = json.dumps({"event_id": f"{CANARIES[2]}-20", "word": CANARIES[16]}).encode()
    escaped = body.replace(b"canary", b"\\u0063anary")
    return [
        Rejected(5, "no such kind", "kind", "shop", body),
        Rejected(6, "id_conflict", "event_id", "shop", of_event),
        Rejected(7, "no such kind", "kind", f"session {MEMBER}", b'{"row": 1}'),
        Rejected(8, "no such kind", "kind", "shop", escaped),
        Rejected(9, "no such kind", "kind", "shop", b'{"member_id": "m7"}'),
    ]


def lived(path: Path, open_home: Callable[..., Any]) -> None:
    """Make a home in which the member left traces in every place, among others who stay.

    ``open_home`` is ``bootstrap.open_home``, which stands above this floor.
    """
    home = open_home(path, create=True)
    engine = home.engine
    # As in a home of before: what was deleted until now lies between the rows.
    home.database.write(lambda c: c.execute("PRAGMA secure_delete=OFF").fetchall() and None)
    engine.append([samples.put_event(one) for one in samples.items(20)])
    engine.put_member(Member(member_id=MEMBER, account_id=CANARIES[17], name=CANARIES[18]))
    engine.put_member(Member(member_id="m7", name="Ann"))
    for start in range(0, 600, 20):
        others = [
            samples.event(f"o{n}", member_id=f"m{n % 40}", item_id=f"i{n % 20}",
                          occurred_ms=OLD_MS + n, received_ms=OLD_MS + n)
            for n in range(start, start + 20)
        ]  # fmt: skip
        engine.append([*others, canary_event(start), canary_event(start + 1, kind="thumb")])
        engine.profiles.get(MEMBER)
        engine.tick()  # stored profiles are replaced again and again: old bytes are left behind
    long = f"{CANARIES[19]} " * 150
    engine.append([canary_event(7, kind="search_query", item_id="", payload={"text": long})])
    engine.append([canary_event(8, item_id=CANARIES[20], kind="view")])
    engine.append([canary_event(9, member_id=VISITOR, kind="play_start")])
    engine.append([samples.event("told", "view", member_id="m7", occurred_ms=OLD_MS,
                                 payload={"by": MEMBER, "text": f"sent to {MEMBER}: yes"},
                                 extra={"seen_with": [VISITOR, "m3"]})])  # fmt: skip
    merged = {"kind": "member_merged", "item_id": "", "extra": {}, "artwork_id": ""}
    engine.append([canary_event(10, payload={"visitor_id": VISITOR}, **merged)])
    engine.append([canary_event(11, payload={"into": MEMBER}, **{**merged, "member_id": VISITOR})])
    engine.set_aside(letters())
    engine.page(PageRequest(member_id=MEMBER, device=CANARIES[21]))
    engine.page(PageRequest(member_id="m7"))
    catalog = engine.catalog.refresh()
    learned = learn(engine.stores.log, catalog, engine.stores.models, engine.settings.learn)
    engine.stores.ledger.promote(learned.snapshot_id, 1)
    home.keeping.seal()
    home.close()
    for name in ("whole.tar", "folder"):
        run("backup", str(path / "backups" / name), "--home", str(path))


def _contents(path: Path, scratch: Path) -> Iterator[bytes]:
    """Yield all that can be read out of a file: its bytes, and what they hold compressed."""
    data = path.read_bytes()
    yield data
    at = data.find(b"\x78\x01")
    while at >= 0:
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(data[at : at + 100_000])
        at = data.find(b"\x78\x01", at + 1)
    if path.suffix == ".parquet":
        import duckdb

        yield repr(duckdb.connect().execute(f"SELECT * FROM '{path}'").fetchall()).encode()
    if path.suffix == ".db":
        copy = scratch / "copy.db"
        shutil.copy(path, copy)
        connection = apsw.Connection(str(copy))
        for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'"):
            yield repr(connection.execute(f'SELECT * FROM "{table}"').fetchall()).encode()
        connection.close()
    if path.suffix == ".tar":
        with tarfile.open(path) as archive:
            archive.extractall(scratch / path.name, filter="data")
        yield from _everything(scratch / path.name, scratch)


def _everything(folder: Path, scratch: Path) -> Iterator[bytes]:
    for path in sorted(folder.rglob("*")):
        yield path.name.encode()
        if path.is_file():
            yield from _contents(path, scratch)


def canaries_in(home: Path, scratch: Path) -> set[str]:
    """Return which canaries a search over every byte of a home finds."""
    scratch.mkdir(exist_ok=True)
    found = {
        word for data in _everything(home, scratch) for word in CANARIES if word.encode() in data
    }
    shutil.rmtree(scratch)
    return found


def measure_erasure(folder: Path, open_home: Callable[..., Any]) -> list[Measured]:
    """Make a home under ``folder``, erase its member beside a running server, and search.

    Raises:
        OperatorError: the search did not find every canary before, so it tells nothing after.
    """
    home = folder / "home"
    lived(home, open_home)
    missed = set(CANARIES) - canaries_in(home, folder / "scratch")
    if missed:
        raise OperatorError(f"The search did not find {len(missed)} canaries that are there.")
    with serving(home):
        run("member", "erase", MEMBER, "--yes", "--home", str(home))
        beside = canaries_in(home, folder / "scratch")
    found = beside | canaries_in(home, folder / "scratch")
    at = {"canaries": len(CANARIES), "files": sum(path.is_file() for path in home.rglob("*"))}
    return [Measured("erase_canaries_found", len(found), "canaries", at=at)]
