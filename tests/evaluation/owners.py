"""Small invented data in the form in which each owner ships theirs."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

__all__ = ["SETS", "write_set"]

START_S = 1_300_000_000
HOUR_S = 3_600

#: (member, item, seconds) of a few visits over three days, in order of time.
Row = tuple[int, int, int]


def invented() -> list[Row]:
    """Return twelve members with two or three visits of three events each."""
    found: list[Row] = []
    for member in range(12):
        for visit in range(3 if member % 2 else 2):
            begin = START_S + (20 * visit + member) * HOUR_S
            for place in range(3):
                item = (3 * member + 5 * visit + place * (member % 3 + 1)) % 17
                found.append((member + 1, item + 1, begin + 60 * place))
    return sorted(found, key=lambda row: row[2])


def sessions() -> Iterator[tuple[int, Row]]:
    """Yield the rows with the number of their visit."""
    last: dict[int, tuple[int, int]] = {}
    count = 0
    for row in invented():
        member, _, at_s = row
        if member not in last or at_s - last[member][1] > HOUR_S:
            count += 1
            last[member] = (count, at_s)
        last[member] = (last[member][0], at_s)
        yield last[member][0], row


def movielens(folder: Path) -> Path:
    lines = [f"{m}::{i}::{1 + i % 5}::{at_s}" for m, i, at_s in invented()]
    (folder / "ratings.dat").write_text("\n".join(lines) + "\n")
    titles = [
        f"{i}::Title {i} (1999)::{'Drama|Comedy' if i % 2 else 'Drama'}" for i in range(1, 18)
    ]
    (folder / "movies.dat").write_text("\n".join(titles) + "\n", "latin-1")
    return folder


def movielens_latest(folder: Path) -> Path:
    lines = ["userId,movieId,rating,timestamp"]
    lines += [f"{m},{i},{0.5 + i % 10 / 2},{at_s}" for m, i, at_s in invented()]
    (folder / "ratings.csv").write_text("\n".join(lines) + "\n")
    (folder / "movies.csv").write_text("movieId,title,genres\n1,One (1999),Drama|War\n")
    return folder


def globo(folder: Path) -> Path:
    names = (
        "user_id,session_id,click_article_id,click_timestamp,click_environment,"
        "click_deviceGroup,click_os,click_country,click_region,click_referrer_type"
    )
    lines = [
        f"{m},{s},{i},{at_s}000,4,{1 if m % 2 else 3},17,1,{m if m < 12 else 28},2"
        for s, (m, i, at_s) in sessions()
    ]
    (folder / "clicks_sample.csv").write_text("\n".join([names, *lines]) + "\n")
    return folder


def yoochoose(folder: Path) -> Path:
    rows = list(sessions())
    cut = rows[3 * len(rows) // 4][0]
    for name, tested in (("train.txt", False), ("test.txt", True)):
        # Both files number their sessions from 1.
        less = cut * tested
        lines = [f"{s - less}\t{i}\t{at_s}.25" for s, (_, i, at_s) in rows if (s > cut) == tested]
        (folder / name).write_text("\n".join(["SessionId\tItemId\tTime", *lines]) + "\n")
    return folder


def beauty(folder: Path) -> Path:
    taken: dict[int, list[int]] = {}
    for member, item, _ in invented():
        if item not in taken.setdefault(member, []):
            taken[member].append(item)
    lines = [" ".join(map(str, [member, *items])) for member, items in sorted(taken.items())]
    (folder / "Beauty.txt").write_text("\n".join(lines) + "\n")
    (folder / "Beauty_item2attributes.json").write_text('{"1": [1, 2]}')
    return folder


def online_retail(folder: Path) -> Path:
    lines = ["InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"]
    for s, (m, i, at_s) in sessions():
        day, hour, minute = (at_s - START_S) // 86_400, at_s // HOUR_S % 24, at_s // 60 % 60
        when = f"2011-03-{1 + day:02d} {hour:02d}:{minute:02d}:00"
        lines.append(f'{536_000 + s},1000{i}A,"A, B",{1 + i % 3},{when},2.5,{m}.0,France')
    lines += [
        "C536999,10001A,RETURNED,-1,2011-03-01 10:00:00,2.5,1.0,France",
        "536998,10001A,DAMAGED,-5,2011-03-01 10:00:00,0,1.0,France",
        "537000,10001A,NOBODY,1,2011-03-01 10:00:00,2.5,,France",
        "537001,POST,POSTAGE,1,2011-03-01 10:00:00,2.5,1.0,France",
    ]
    with gzip.open(folder / "online_retail.csv.gz", "wt") as file:
        file.write("\n".join(lines) + "\n")
    return folder


def trivago(folder: Path) -> Path:
    lines = [
        "user_id,session_id,timestamp,step,action_type,reference,platform,city,device,"
        "current_filters,impressions,prices"
    ]
    for s, (m, i, at_s) in sessions():
        kind = "clickout item" if i % 4 == 0 else "interaction item image"
        lines.append(f'U{m},S{s},{at_s},1,{kind},{i},FR,"Lyon, France",mobile,,,')
    lines.append(f'U1,S1,{START_S},9,search for destination,"Lyon, France",FR,Lyon,mobile,,,')
    lines.append(f"U1,S1,{START_S},9,clickout item,unknown,FR,Lyon,mobile,,,")
    (folder / "train.csv").write_text("\n".join(lines) + "\n")
    return folder


def frappe(folder: Path) -> Path:
    names = "user item cnt daytime weekday isweekend homework cost weather country city"
    lines = ["\t".join(names.split())]
    for m, i, _ in invented():
        country = "Spain" if m % 2 else "unknown"
        lines.append(f"{m}\t{i}\t1\tmorning\tsunday\tweekend\tunknown\tfree\tsunny\t{country}\t0")
    (folder / "frappe.csv").write_text("\n".join(lines) + "\n")
    (folder / "meta.csv").write_text(
        'item\tcategory\tname\n1\tTools\tA "quoted app\n2\tunknown\tB\n'
    )
    return folder


_WRITERS: dict[str, Callable[[Path], Path]] = {
    "ml-1m": movielens,
    "ml-latest-small": movielens_latest,
    "globo-clicks": globo,
    "yoochoose-100k": yoochoose,
    "amazon-beauty": beauty,
    "online-retail": online_retail,
    "trivago-100k": trivago,
    "frappe": frappe,
}

#: The data sets that an evaluation reads, by the names of their folders.
SETS = tuple(_WRITERS)


def write_set(name: str, folder: Path) -> Path:
    """Write the invented data as a set's owner would, and return the path to read."""
    return _WRITERS[name](folder)
