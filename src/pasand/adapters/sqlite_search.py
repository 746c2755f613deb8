"""SearchIndex on the embedded SQLite file: full-text search (FTS5) over folded words.

The rows are written in the transaction that appends an item's event. An index that is missing,
or was made by another version of the folding, is made anew from the items when the store is
opened for writing. What is searched never reaches FTS5 as syntax: every word is quoted, and a
folded word holds no quote.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from importlib.resources import files
from typing import Any

import apsw
import msgspec

from pasand.adapters.sqlite_database import Database
from pasand.domain.words import ARTICLES, closeness, searchable, words_of
from pasand.errors import OperatorError
from pasand.ports import Found

__all__ = ["WORDS_VERSION", "SqliteSearchIndex", "drop_words", "put_words"]

_log = logging.getLogger(__name__)

#: Of the folding and of what is indexed; an index of another one is made anew.
WORDS_VERSION = "1"
_NOTE = "search_words"
_BATCH_COUNT = 2_000
_TABLE = "SELECT count(*) FROM sqlite_schema WHERE name = 'item_words'"
_ITEMS = """
SELECT number, item_id, body FROM item
WHERE tenant = ? AND number > ? AND body IS NOT NULL ORDER BY number LIMIT ?
"""
_FIND = """
SELECT item_id, title, also, people FROM item_words WHERE item_words MATCH ? AND tenant = ? LIMIT ?
"""


class SqliteSearchIndex:
    """Items by their words; made current when the store is opened for writing."""

    def __init__(self, database: Database, tenant: str = "default") -> None:
        self._database = database
        self._tenant = tenant
        if database.writable:
            try:
                self._catch_up()
            except OperatorError as error:
                _log.error("the search index could not be made current: %s", error)

    def having(self, words: Sequence[str], limit: int) -> list[Found]:
        """Return up to ``limit`` items of which each word begins a word, titles first that begin
        with all of them.
        """
        # Folded again, which changes nothing but for what is no word: that would be syntax.
        words = words_of(" ".join(words))
        if not words:
            return []
        text = " ".join(words)
        begins = " OR ".join(f'^ "{article}{text}" *' for article in ("", *ARTICLES))
        found = self._found(f"{{title also}} : ({begins})", words, limit)
        if len(found) < limit:
            found |= self._found(" AND ".join(f'"{word}" *' for word in words), words, limit)
        return [Found(*one) for one in found.items()][:limit]

    def _found(self, asked: str, words: Sequence[str], limit: int) -> dict[str, int]:
        """Return the items of one question to the index, with how closely each fits."""
        rows = self._database.rows(_FIND, (asked, self._tenant, limit))
        near = ((item_id, closeness(words, *said)) for item_id, *said in rows)
        return {item_id: how for item_id, how in near if how is not None}

    def _catch_up(self) -> None:
        """Make the index anew where it is missing or of another version."""
        there = self._database.rows(_TABLE)[0][0]
        sql = "SELECT value FROM note WHERE tenant = ? AND name = ?"
        version = self._database.rows(sql, (self._tenant, _NOTE))
        if there and version == [(WORDS_VERSION,)]:
            return
        self._database.write(self._empty)
        number = self._database.write(partial(self._fill, after=0))
        while number:
            number = self._database.write(partial(self._fill, after=number))
        self._database.write(self._note)

    def _empty(self, connection: apsw.Connection) -> None:
        if connection.execute(_TABLE).get:
            connection.execute("DELETE FROM item_words WHERE tenant = ?", (self._tenant,))
        else:
            sql = files("pasand.adapters").joinpath("migration_004.sql").read_text("utf-8")
            connection.execute(sql)
            # Every tenant's rows are gone.
            connection.execute("DELETE FROM note WHERE name = ?", (_NOTE,))

    def _fill(self, connection: apsw.Connection, after: int) -> int:
        """Add the next items; return the last one's number, 0 at the end."""
        values = (self._tenant, after, _BATCH_COUNT)
        rows: list[tuple[Any, ...]] = connection.execute(_ITEMS, values).fetchall()
        for number, item_id, body in rows:
            put_words(connection, self._tenant, number, item_id, msgspec.msgpack.decode(body))
        return int(rows[-1][0]) if rows else 0

    def _note(self, connection: apsw.Connection) -> None:
        row = (self._tenant, _NOTE, WORDS_VERSION)
        connection.execute("INSERT OR REPLACE INTO note VALUES (?, ?, ?)", row)


def put_words(
    connection: apsw.Connection, tenant: str, number: int, item_id: str, record: Any
) -> None:
    """Index an item by its record, in place of what was there of it."""
    drop_words(connection, number)
    said = searchable(record["title"], record.get("people", ()))
    connection.execute(
        "INSERT INTO item_words (rowid, tenant, item_id, title, also, people)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (number, tenant, item_id, *said),
    )


def drop_words(connection: apsw.Connection, number: int) -> None:
    """Take an item out of the index."""
    connection.execute("DELETE FROM item_words WHERE rowid = ?", (number,))
