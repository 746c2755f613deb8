"""Globo.com's news clicks as their owner ships them: articles, readers and views.

A click becomes a ``view`` of its article with session, device, country, region and time zone.
Nothing is invented: no titles (the owner may not give them), no ratings, no impressions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pasand.adapters.globo_codes import BRAZIL, Place, device_class, place
from pasand.adapters.globo_files import article_rows, click_files, click_rows
from pasand.domain.catalog import Item
from pasand.domain.events import Event
from pasand.domain.intake import SetAside
from pasand.domain.member import Member
from pasand.errors import InvalidInput, NotFound

__all__ = ["Globo", "is_globo", "read_globo"]

#: Country and region as one number; both codes are below 100.
_PLACE_UNIT = 100


@dataclass(frozen=True, slots=True)
class Seen:
    """What one reading of all clicks tells: readers with their commonest place, articles, how
    many clicks there are and when the last one was (Unix ms).
    """

    member: NDArray[np.int64]
    place: NDArray[np.int64]
    article: NDArray[np.int64]
    click_count: int
    last_ms: int


class Globo:
    """One folder. Clicks are read anew, a few thousand at a time, whenever they are asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def seen(self) -> Seen:
        """Who reads what and where from, gathered in blocks so that memory stays small."""
        pairs: NDArray[np.int64] = np.zeros((2, 0), np.int64)
        articles: NDArray[np.int64] = np.zeros(0, np.int64)
        click_count = last_ms = 0
        block: list[tuple[int, int, int]] = []

        def gather() -> None:
            nonlocal pairs, articles
            user, where, article = np.array(block, np.int64).reshape(-1, 3).T
            new = np.stack([user * _PLACE_UNIT**2 + where, np.ones_like(user)])
            key, code = np.unique(np.concatenate([pairs[0], new[0]]), return_inverse=True)
            count = np.bincount(code, np.concatenate([pairs[1], new[1]]), len(key))
            pairs = np.stack([key, count.astype(np.int64)])
            articles = np.union1d(articles, article)
            block.clear()

        for row in click_rows(self.folder):
            if isinstance(row, SetAside):
                continue
            click_count += 1
            last_ms = max(last_ms, row[3])
            where = min(row[7], _PLACE_UNIT - 1) * _PLACE_UNIT + min(row[8], _PLACE_UNIT - 1)
            block.append((row[0], where, row[2]))
            if len(block) >= 200_000:
                gather()
        gather()
        user, where = pairs[0] // _PLACE_UNIT**2, pairs[0] % _PLACE_UNIT**2
        order = np.lexsort((-where, pairs[1], user))
        last = np.flatnonzero(np.diff(user[order], append=-1))
        chosen = order[last]
        return Seen(user[chosen], where[chosen], articles, click_count, last_ms)

    @property
    def last_ms(self) -> int:
        """The time of the newest click: the data's now. 0 where there is none."""
        return self.seen.last_ms

    def items(self) -> Iterator[Item | SetAside]:
        """Yield the articles of the metadata file, then those known by their clicks only."""
        known: set[int] = set()
        for row in article_rows(self.folder):
            if isinstance(row, SetAside):
                yield row
                continue
            article, category, created_ms, publisher, words = row
            if article not in known:
                known.add(article)
                yield Item(
                    item_id=str(article),
                    title=f"Article {article}",
                    type="article",
                    genres=(f"Category {category}",),
                    released_ms=created_ms,
                    extra={"publisher_id": publisher, "words_count": words},
                )
        for article in self.seen.article.tolist():
            if article not in known:
                yield Item(item_id=str(article), title=f"Article {article}", type="article")

    def members(self) -> Iterator[Member]:
        """Yield the readers, each with the country and time zone of most of their clicks."""
        for user, where in zip(self.seen.member.tolist(), self.seen.place.tolist(), strict=True):
            found = place(*divmod(where, _PLACE_UNIT))
            zone = found.time_zone or "UTC"
            yield Member(member_id=f"u{user}", country=found.country, time_zone=zone)

    def events(self) -> Iterator[Event | SetAside]:
        """Yield the clicks as views in the order of the files."""
        for row in click_rows(self.folder):
            if isinstance(row, SetAside):
                yield row
                continue
            user, session, article, at_ms, *codes = row
            device, where, payload, extra = _context(*codes)
            yield Event(
                event_id=f"globo.{user}.{article}.{at_ms}",
                kind="view",
                occurred_ms=at_ms,
                member_id=f"u{user}",
                item_id=str(article),
                device=device,
                session_id=str(session),
                country=where.country,
                time_zone=where.time_zone,
                payload=payload,
                extra=extra,
            )


@lru_cache(maxsize=8192)
def _context(
    environment: int, group: int, system: int, country: int, region: int, referrer: int
) -> tuple[str, Place, dict[str, Any], dict[str, Any]]:
    """Return (device, place, payload, extra) of the codes of a click; a log has few such sets."""
    device, where = device_class(group), place(country, region)
    extra = {
        "click_environment": environment,
        "click_os": system,
        "click_referrer_type": referrer,
    }
    if device == "other":
        extra["click_deviceGroup"] = group
    if country != BRAZIL:
        extra |= {"click_country": country, "click_region": region}
    return device, where, {"region": where.region} if where.region else {}, extra


def is_globo(path: Path) -> bool:
    """Say whether a folder holds Globo's clicks."""
    return bool(click_files(Path(path)))


def read_globo(path: Path) -> Globo:
    """Return a Globo folder.

    Raises:
        NotFound: there is no such folder.
        InvalidInput: it holds no clicks.
    """
    folder = Path(path)
    if not folder.is_dir():
        fix = "Give the folder into which Globo.com's data set was unpacked."
        raise NotFound(f"There is no folder {folder}.", field="path", fix=fix)
    if not is_globo(folder):
        raise InvalidInput(
            f"{folder} holds no clicks of Globo.com.",
            field="path",
            fix="Give a folder with clicks/clicks_hour_*.csv, clicks.parquet or clicks_sample.csv.",
        )
    return Globo(folder)
