"""The report: what a reader finds on it, without a script, and the same for who listens."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from owners import write_set
from toys import Memory, Popular, world
from typer.testing import CliRunner

from pasand.cli.app import app
from pasand.cli.evaluation_report import headline, html_report
from pasand.evaluation.charts import dots, line_panel, nice_top
from pasand.evaluation.curves import by_history, by_hour, by_popularity
from pasand.evaluation.data import EvaluationData
from pasand.evaluation.metrics import ndcg
from pasand.evaluation.running import Evaluation, run


def found(data: EvaluationData | None = None) -> Evaluation:
    given = data or world()
    return run(
        given,
        "time",
        [],
        lambda training, live, models: [Popular.of(training, live), Memory(training)],
    )


class Reader(HTMLParser):
    """Checks that tags close and gathers what matters."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_else() -> None:
    reader = Reader()
    page = html_report(found(), ["<b>model</b> was told"])
    reader.feed(page)
    assert not reader.open
    names = [tag for tag, _ in reader.tags]
    assert not {"script", "link", "img", "iframe"} & set(names)
    assert "http" not in page and "url(" not in page
    assert "&lt;b&gt;model&lt;/b&gt; was told" in page


def test_every_chart_says_in_words_what_it_shows() -> None:
    reader = Reader()
    page = html_report(found())
    reader.feed(page)
    ids = [attrs["id"] for _, attrs in reader.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    charts = [attrs for tag, attrs in reader.tags if tag == "svg"]
    assert len(charts) >= 5
    for attrs in charts:
        assert attrs["role"] == "img"
        assert set((attrs["aria-labelledby"] or "").split()) <= set(ids)
    assert all(text.strip() for text in re.findall(r"<desc[^>]*>(.*?)</desc>", page))


def test_the_page_names_every_condition_and_figure() -> None:
    evaluation = found(EvaluationData(world().interactions, "toy", hashes={"a.csv": "0123abc"}))
    page = html_report(evaluation)
    for text in ("toy", "0123abc", "first 0.9 of events", "stable", "Seed", "known"):
        assert text in page
    for figure in evaluation.figures:
        if figure["name"] == "ndcg@10" and figure["at"]["slice"] == "all":
            assert f"{figure['value']:.4f}" in page


def test_the_headline_compares_with_popularity() -> None:
    def figure(model: str, value: float) -> dict[str, object]:
        at = {"slice": "all", "model": model, "request_time": "known"}
        return {"name": "ndcg@10", "value": value, "at": at}

    figures = [figure("popular", 0.05), figure("popular-all", 0.04), figure("ease", 0.1)]
    assert headline(figures) == "ease ranks best: NDCG@10 0.1000, 2.00 times the best popularity."
    assert headline(figures[:2]) == "popular ranks best: NDCG@10 0.0500."


def test_curves_are_means_of_their_targets() -> None:
    evaluation = found()
    targets = evaluation.split.targets
    value = ndcg(evaluation.ranked["popular", "known"].rank, 10)
    history = by_history(evaluation)
    part = (targets.history_count >= 10) & (targets.history_count < 30)
    assert history.points == ("0", "1–2", "3–9", "10–29", "30–99", "100+")
    assert history.target_count[3] == part.sum()
    middle, low, high = history.lines["popular"][3]
    assert low <= middle <= high and middle == pytest.approx(value[part].mean(), abs=1e-12)
    assert np.isnan(history.lines["popular"][5][0])
    popularity = by_popularity(evaluation)
    assert sum(popularity.target_count) == (~targets.cold).sum()
    assert len(popularity.points) == len(popularity.lines["popular"])


def test_hours_are_of_exact_times_alone() -> None:
    data = world()
    exact = data.interactions.at_ms // 3_600_000 % 24 == 7
    curve = by_hour(found(EvaluationData(data.interactions, exact=exact)))
    assert curve is not None
    assert [hour for hour, count in enumerate(curve.target_count) if count] == [7]


def test_a_chart_with_gaps_draws_its_parts() -> None:
    gap = (float("nan"),) * 3
    line = [(0.1, 0.05, 0.2), (0.2, 0.1, 0.3), gap, (0.3, 0.2, 0.4)]
    panel = line_panel("a <model>", line, [[gap] * 4], ["1", "2", "3", "4"], 0.5, 1)
    assert panel.count('class="dot"') == 3 and panel.count('class="band"') == 2
    assert "a &lt;model&gt;" in panel and "<model>" not in panel and "nan" not in panel
    assert "nan" not in dots([("none", gap)], "title", 1).partition("</desc>")[2]
    assert [nice_top(v) for v in (0.0, 0.011, 0.2, 0.21, 0.3)] == [1.0, 0.02, 0.2, 0.25, 0.5]


def test_the_command_prints_tables_and_writes_both_files(tmp_path: Path) -> None:
    folder = tmp_path / "invented"
    folder.mkdir()
    write_set("ml-1m", folder)
    html, out = tmp_path / "report.html", tmp_path / "report.json"
    words = ["evaluate", "--data", str(folder), "--models", "popular,covisit"]
    words += ["--protocol", "leave-one-out", "--request-time", "both", "--slice", "all"]
    shown = CliRunner().invoke(app, [*words, "--html", str(html), "--out", str(out)])
    assert shown.exit_code == 0, shown.output
    assert "invented, protocol leave-one-out: last event of each member" in shown.output
    assert "covisit, time unknown" in shown.output and "95 % interval" in shown.output
    assert "covisit, time unknown" in html.read_text("utf-8")
    report = json.loads(out.read_text("utf-8"))
    assert report["command"] == "evaluate" and list(report["data"]) == ["ratings.dat"]
    assert {figure["at"]["slice"] for figure in report["figures"]} == {"all"}
    times = {figure["at"].get("request_time") for figure in report["figures"]}
    assert times == {None, "known", "unknown"}


def test_a_control_is_run_when_asked_for(tmp_path: Path) -> None:
    write_set("ml-1m", tmp_path)
    words = ["evaluate", "--data", str(tmp_path), "--models", "popular", "--json", "--control"]
    shown = CliRunner().invoke(app, words)
    assert shown.exit_code == 0, shown.output
    report = json.loads(shown.stdout)
    controls = [f for f in report["figures"] if f["name"] == "control_ndcg@10"]
    assert {f["at"]["model"] for f in controls} >= {"popular"}
    assert report["warnings"] == []


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--protocol", "random", "leave-one-out, time, day, session, hidden-items"),
        ("--request-time", "maybe", "known, unknown, both"),
        ("--models", "sasrec", "Choose from popular"),
    ],
)
def test_wrong_words_name_the_choice(option: str, value: str, said: str, tmp_path: Path) -> None:
    shown = CliRunner().invoke(app, ["evaluate", "--data", str(tmp_path), option, value])
    assert said in getattr(shown.exception, "fix", "")
