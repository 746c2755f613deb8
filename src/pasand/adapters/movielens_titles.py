"""Titles of a MovieLens folder: ``movies.dat``, ``u.item`` or ``movies.csv``, as raw items.

Beside them, where they lie there: ``movies_extra.dat`` (maturity, release, people, plot),
``dbpedia_abstracts.json`` (text where there is no plot) and ``tags.csv``. Members' own facts
are not read here.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from pasand.adapters.table_files import read_rows
from pasand.domain.catalog import Item
from pasand.domain.coerce import LIST_COUNT_MAX, LIST_TEXT_MAX
from pasand.domain.intake import SetAside
from pasand.domain.maturity import MATURITY_AGES
from pasand.domain.parse_item import SYNOPSIS_MAX, parse_item
from pasand.errors import InvalidInput

__all__ = ["TITLE_FILES", "decoded_lines", "read_items", "split_title"]

TITLE_FILES = ("movies.dat", "u.item", "movies.csv")

#: The genres of u.item's flags, where no u.genre lies beside it.
GENRES_100K = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime",
    "Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance",
    "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
_NO_GENRES = {"unknown", "(no genres listed)", ""}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ARTICLES = (
    r"The|A|An|Le|La|Les|L'|Un|Une|El|Los|Las|Il|Lo|Gli|I|Das|Der|Die|Ein|Eine|Den|Det|De|O|Os"
)

_year_at_end = re.compile(r"\s*\((\d{4})(?:\s*[-\u2013]\s*\d{0,4})?\)\s*$").search
_article_last = re.compile(rf"^(.+), ({_ARTICLES})$").match
_other_title = re.compile(r"^(.*?)\s*(\([^()]*\))$").match
_day = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3})[ -](\d{4})").fullmatch

Found = tuple[int, str, dict[str, Any]]


def read_items(folder: Path) -> Iterator[Item | SetAside]:
    """Yield the items of a folder, and the rows that could not be used."""
    name = next((name for name in TITLE_FILES if (folder / name).is_file()), "")
    if not name:
        fix = f"Give a folder with one of {', '.join(TITLE_FILES)}."
        raise InvalidInput(f"{folder} holds no MovieLens titles.", field="path", fix=fix)
    more, bad = _more(folder)
    yield from bad
    readers = {"movies.dat": _movies_dat, "u.item": _u_item, "movies.csv": _movies_csv}
    seen: set[str] = set()
    for row in readers[name](folder / name):
        if isinstance(row, SetAside):
            yield row
            continue
        number, text, raw = row
        try:
            item = parse_item(raw | more.get(raw["item_id"], {}))
        except InvalidInput as error:
            yield SetAside(number, text, error.message, name)
            continue
        if item.item_id in seen:
            yield SetAside(number, text, f"movie {item.item_id} is there twice", name)
            continue
        seen.add(item.item_id)
        yield item


def decoded_lines(path: Path) -> list[tuple[int, str]]:
    """Return the lines of a file with their numbers: UTF-8 if it is that, else Latin-1."""
    data = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    lines = ((number, line.rstrip("\r")) for number, line in enumerate(text.split("\n"), 1))
    return [(number, line) for number, line in lines if line.strip()]


def split_title(written: str) -> tuple[str, int | None]:
    """Return ("The American President", 1995) for "American President, The (1995)"."""
    found = _year_at_end(written)
    year = int(found[1]) if found else None
    title = (written[: found.start()] if found else written).strip()
    others: list[str] = []
    while other := _other_title(title):
        title = other[1]
        others.insert(0, f"({_article_first(other[2][1:-1].strip())})")
    return " ".join([_article_first(title), *others]).strip(), year


def _article_first(title: str) -> str:
    found = _article_last(title)
    if not found:
        return title
    gap = "" if found[2].endswith("'") else " "
    return f"{found[2]}{gap}{found[1]}"


def _raw(item_id: str, written: str, genres: list[str]) -> dict[str, Any]:
    title, year = split_title(written)
    kept = [genre for genre in genres if genre not in _NO_GENRES]
    return {"item_id": item_id, "title": title, "year": year, "type": "film", "genres": kept}


def _movies_dat(path: Path) -> Iterator[Found | SetAside]:
    for number, line in decoded_lines(path):
        item_id, _, rest = line.partition("::")
        written, found, genres = rest.rpartition("::")
        if found:
            yield number, line, _raw(item_id.strip(), written, genres.strip().split("|"))
        else:
            yield SetAside(number, line, "not id::title::genres", path.name)


def _u_item(path: Path) -> Iterator[Found | SetAside]:
    beside = path.with_name("u.genre")
    genres = list(GENRES_100K)
    if beside.is_file():
        genres = [line.split("|")[0] for _, line in decoded_lines(beside)]
    for number, line in decoded_lines(path):
        cells = line.split("|")
        if len(cells) != 5 + len(genres):
            reason = f"{len(cells)} columns where there should be {5 + len(genres)}"
            yield SetAside(number, line, reason, path.name)
            continue
        marked = [genre for genre, flag in zip(genres, cells[5:], strict=True) if flag == "1"]
        yield number, line, _raw(cells[0], cells[1], marked) | _released(cells[2])


def _movies_csv(path: Path) -> Iterator[Found | SetAside]:
    for row in read_rows(path):
        values = row.values or {}
        if row.problem or "item_id" not in values or "title" not in values:
            reason = row.problem or "no movieId or no title"
            yield SetAside(row.number, row.text, reason, path.name)
            continue
        genres = values.get("genres", "").split("|")
        yield row.number, row.text, _raw(values["item_id"], values["title"], genres)


def _more(folder: Path) -> tuple[dict[str, dict[str, Any]], list[SetAside]]:
    """Return what the other files say, by movie id, and their bad rows."""
    more: dict[str, dict[str, Any]] = defaultdict(dict)
    bad: list[SetAside] = []
    if (path := folder / "dbpedia_abstracts.json").is_file():
        try:
            for item_id, text in msgspec.json.decode(
                path.read_bytes(), type=dict[str, str]
            ).items():
                more[item_id]["synopsis"] = text[:SYNOPSIS_MAX]
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            bad.append(SetAside(1, "", f"the whole file: {error}", path.name))
    if (path := folder / "movies_extra.dat").is_file():
        for number, line in decoded_lines(path):
            cells = line.split("::")
            if len(cells) == 11:
                more[cells[0]] |= _extra(cells)
            else:
                reason = f"{len(cells)} columns where there should be 11"
                bad.append(SetAside(number, line, reason, path.name))
    if (path := folder / "tags.csv").is_file():
        bad += _add_tags(path, more)
    return more, bad


def _extra(cells: list[str]) -> dict[str, Any]:
    """Return maturity, release, people and plot. A rating word we do not know is unrated."""
    _, _, _, rating, released, _, director, _, cast, plot, _ = (cell.strip() for cell in cells)
    word = rating.upper()
    found: dict[str, Any] = {"maturity": word if word in MATURITY_AGES else ""}
    people = [name.strip() for name in f"{director}, {cast}".split(", ")]
    kept = [name for name in dict.fromkeys(people) if name not in ("", "N/A")]
    found["people"] = [name for name in kept if len(name) <= LIST_TEXT_MAX][:LIST_COUNT_MAX]
    if plot not in ("", "N/A"):
        found["synopsis"] = plot[:SYNOPSIS_MAX]
    return found | _released(released)


def _released(written: str) -> dict[str, Any]:
    """Return the release of "22 Nov 1995" or "01-Jan-1995"; nothing where it is not one."""
    found = _day(written.strip())
    if not found or found[2].lower() not in _MONTHS:
        return {}
    month = _MONTHS.index(found[2].lower()) + 1
    try:
        return {"released": date(int(found[3]), month, int(found[1])).isoformat()}
    except ValueError:
        return {}


def _add_tags(path: Path, more: dict[str, dict[str, Any]]) -> list[SetAside]:
    """Give every movie its members' tags, those given most often first."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    bad: list[SetAside] = []
    for row in read_rows(path):
        values = row.values or {}
        tag = str(values.get("tag", "")).strip().lower()
        if row.problem or not tag or len(tag) > LIST_TEXT_MAX or "item_id" not in values:
            reason = row.problem or f"no movieId, or no tag of up to {LIST_TEXT_MAX} characters"
            bad.append(SetAside(row.number, row.text, reason, path.name))
        else:
            counts[values["item_id"]][tag] += 1
    for item_id, count in counts.items():
        ordered = sorted(count, key=lambda tag: (-count[tag], tag))
        more[item_id]["tags"] = ordered[:LIST_COUNT_MAX]
    return bad
