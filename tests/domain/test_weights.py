"""Goal: one table says what each event counts, and the settings change single numbers of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pasand.domain.events import CALLER_KINDS
from pasand.domain.weights import PRESETS, RETAIL, STREAMING, weights_of
from pasand.errors import InvalidSettings
from pasand.flows.choosing import foreign_kinds, weights_in
from pasand.settings import load_settings
from pasand.testing import samples

DOCS = Path(__file__).parents[2] / "docs" / "events.md"
SECTIONS = ("taste", "interaction", "popular", "history")


@pytest.mark.parametrize(
    ("kind", "value", "taste"),
    [
        ("play_start", None, 1.0), ("hide", None, -3.0), ("impression", None, 0.0),
        ("thumb", -1, -4.0), ("thumb", 0, 0.0), ("thumb", 2, 5.0),
        ("rating", 5, 4.5), ("rating", 3, 0.5), ("rating", 0.5, -4.5), ("rating", None, 0.5),
    ],
)  # fmt: skip
def test_how_far_an_event_moves_tastes(kind: str, value: float | None, taste: float) -> None:
    event = samples.event("e", kind, payload={} if value is None else {"value": value})
    assert STREAMING.taste_of(event) == taste
    doubled = weights_of(kinds={"thumb": 2, "rating": 2, "play_start": 2, "hide": -6})
    assert doubled.taste_of(event) == 2 * taste


def test_a_number_beside_the_preset_holds_wherever_the_kind_counts() -> None:
    found = weights_of("retail", {"purchase": 5, "complete": 3, "view": 0})
    assert (found.taste["purchase"], found.interaction["purchase"]) == (5, 5)
    assert found.popular["purchase"] == 5
    # An ending is no interaction of its own: the play was one.
    assert found.taste["complete"] == 3 and "complete" not in found.interaction
    assert not any("view" in getattr(found, name) for name in SECTIONS)
    single = weights_of(interaction={"complete": 0.5}, popular={"view": 1}, taste={"view": -1})
    assert single.interaction["complete"] == 0.5 and single.taste["complete"] == 2.0
    assert (single.popular["view"], single.interaction["view"], single.taste["view"]) == (
        1,
        0.2,
        -1,
    )
    returned = weights_of(kinds={"purchase": -1})
    assert "purchase" not in returned.interaction and returned.taste["purchase"] == -1


def test_the_version_tells_any_two_tables_apart() -> None:
    assert weights_of("streaming").version == STREAMING.version != RETAIL.version
    others = [
        weights_of(kinds={"purchase": 5}), weights_of(popular={"view": 0.2}),
        weights_of(interaction={"view": 0.3}), weights_of(taste={"view": 0.4}),
        replace(STREAMING, thumb={1: 2.0}), replace(STREAMING, rating_said=0.4),
    ]  # fmt: skip
    assert len({one.version for one in (STREAMING, RETAIL, *others)}) == 8
    reordered = replace(STREAMING, taste=dict(reversed(STREAMING.taste.items())))
    assert reordered.version == STREAMING.version
    whole = replace(
        STREAMING, interaction={k: int(v) or v for k, v in STREAMING.interaction.items()}
    )
    assert whole.version == STREAMING.version, "1 and 1.0 are one number"
    pages = weights_of(history={"view": 1})
    assert pages.version == STREAMING.version, "nothing is stored under what only pages apply"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"preset": "shop"}, "weights.preset"),
        ({"kinds": {"purchased": 1}}, "weights.purchased"),
        ({"kinds": {"page_served": 1}}, "weights.page_served"),
        ({"kinds": {"view": 101}}, "weights.view"),
        ({"kinds": {"view": float("nan")}}, "weights.view"),
        ({"kinds": {"view": True}}, "weights.view"),
        ({"interaction": {"hide": -1}}, "weights.interaction.hide"),
        ({"popular": {"view": 10**400}}, "weights.popular.view"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        weights_of(**wrong)
    assert caught.value.field == field and caught.value.fix


def test_settings_choose_weights_and_names(tmp_path: Path) -> None:
    file = tmp_path / "pasand.toml"
    text = '[weights]\npreset = "retail"\npurchase = 5\n[weights.popular]\nview = 1\n'
    file.write_text(text + '[mappings.ga4]\nposter_seen = "impression"\n', "utf-8")
    settings = load_settings(file, {"PASAND_WEIGHTS__LIST_ADD": "2.5"})
    found = weights_in(settings)
    assert found.taste["purchase"] == 5 and found.popular["view"] == 1
    assert found.taste["list_add"] == found.interaction["list_add"] == 2.5
    assert found == weights_of("retail", {"purchase": 5, "list_add": 2.5}, popular={"view": 1})
    assert foreign_kinds(settings)[1]["poster_seen"] == "impression"
    assert weights_in(load_settings(tmp_path / "none.toml", {})) == STREAMING
    file.write_text("[weights]\npurchase = 'much'\n", "utf-8")
    with pytest.raises(InvalidSettings, match="weights"):
        load_settings(file, {})
    file.write_text("weights = 3\n", "utf-8")
    with pytest.raises(InvalidSettings, match="weights is a table"):
        load_settings(file, {})


def test_the_document_says_what_the_presets_say() -> None:
    text = DOCS.read_text("utf-8")
    for kind in CALLER_KINDS:
        cells = [
            " / ".join(f"{getattr(preset, name).get(kind, 0):g}" for name in SECTIONS)
            for preset in PRESETS.values()
        ]
        row = f"| `{kind}` | {' | '.join(cells)} |"
        assert (row in text) == (cells != ["0 / 0 / 0 / 0"] * 2), row
