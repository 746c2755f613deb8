"""Goal: what owners say of the moment is read as they say it, and the command measures it."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from owners import write_set
from typer.testing import CliRunner

from pasand.adapters.interaction_files import read_data
from pasand.adapters.trivago_lists import read_trivago_lists
from pasand.cli.app import app
from pasand.evaluation.displayed import Act

SHARED = Path(__file__).resolve().parents[2] / "../shared/data"
HEAD = (
    "user_id,session_id,timestamp,step,action_type,reference,platform,city,device,"
    "current_filters,impressions,prices\n"
)


def session(number: int, taken: int, searched: int = 30) -> str:
    """Return a session that searches for an item, looks at a place and leaves for an item."""
    at_s = 1_500_000_000 + 600 * number
    where = f'U{number},S{number},{{at_s}},{{step}},{{kind}},FR,"Lyon, France",mobile,{{shown}}'
    rows = [
        where.format(at_s=at_s, step=1, kind=f"search for item,{searched}", shown=",,"),
        where.format(at_s=at_s, step=2, kind="search for poi,Old Port", shown=",,"),
        where.format(
            at_s=at_s,
            step=3,
            kind=f"clickout item,{taken}",
            shown="Sort by Price|Hotel,10|20|30,99|50|70",
        ),
    ]
    # A file need not keep a session's order; its steps do.
    return "\n".join(reversed(rows)) + "\n"


def test_displayed_lists_are_read_with_what_came_before(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text(HEAD + session(0, 30) + session(1, 40))
    (one,) = read_trivago_lists(tmp_path)
    assert one.items.tolist() == [10, 20, 30] and one.prices.tolist() == [99.0, 50.0, 70.0]
    assert one.taken == 2
    assert one.filters == ("Sort by Price", "Hotel")
    assert one.device == "phone" and one.country == "FR" and one.place == "Lyon, France"
    assert one.acts == (Act("search for item", 30), Act("search for poi", text="Old Port"))
    assert one.begin_ms == one.at_ms == 1_500_000_000_000


def test_a_search_is_worth_something_on_lists_of_the_owners_form(tmp_path: Path) -> None:
    items = [(10, 20, 30)[number % 3] for number in range(80)]
    text = "".join(session(n, item, item if n % 5 else 10) for n, item in enumerate(items))
    (tmp_path / "train.csv").write_text(HEAD + text)
    out = tmp_path / "context.json"
    call = ["evaluate", "context", "--data", str(tmp_path), "--out", str(out)]
    done = CliRunner().invoke(app, call)
    assert done.exit_code == 0, done.output
    report = json.loads(out.read_text())
    assert report["data"].keys() == {"train.csv"} and report["seed"] == 1
    ratio = next(one for one in report["figures"] if one["name"] == "trivago_mrr_ratio")
    assert ratio["value"] > 1.1
    assert ratio["at"]["data"] == tmp_path.name


def test_frappes_context_is_read_without_what_the_app_costs(tmp_path: Path) -> None:
    data = read_data(write_set("frappe", tmp_path))
    assert list(data.context) == [
        "hour",
        "weekday",
        "weekend",
        "place",
        "weather",
        "region",
        "city",
    ]
    assert set(data.context["hour"].tolist()) == {1}
    assert set(data.context["place"].tolist()) == {0}, "unknown is no place"
    assert set(data.context["region"].tolist()) == {0, 1}
    assert data.where(data.context["region"] > 0).context["region"].tolist() != []


def test_globos_hours_are_those_of_the_readers_state(tmp_path: Path) -> None:
    write_set("globo-clicks", tmp_path)
    data = read_data(tmp_path)
    utc = data.interactions.at_ms // 3_600_000 % 24
    away = (utc - (data.context["hour"] - 1)) % 24
    # Brazil lies two to five hours behind UTC.
    assert set(away.tolist()) <= {2, 3, 4, 5}
    assert data.context["weekday"].min() >= 1 and data.context["weekday"].max() <= 7
    assert np.array_equal(data.context["device"], data.interactions.feature["device"])


@pytest.mark.skipif(not (SHARED / "frappe").is_dir(), reason="Frappe is not in ../shared/data")
def test_frappes_own_file_has_the_same_context() -> None:
    data = read_data(SHARED / "frappe")
    count = {name: len(np.unique(codes[codes > 0])) for name, codes in data.context.items()}
    assert (count["hour"], count["weekday"], count["weekend"]) == (7, 7, 2)


@pytest.mark.skipif(not (SHARED / "trivago-100k").is_dir(), reason="trivago is not in ../shared")
def test_trivagos_own_file_has_lists() -> None:
    lists = read_trivago_lists(SHARED / "trivago-100k")
    assert len(lists) > 13_000
    assert all(len(one.items) == len(one.prices) for one in lists)
    assert all(a.at_ms <= b.at_ms for a, b in pairwise(lists))
