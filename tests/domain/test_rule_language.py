"""Goal: a rule says what it is read as, masks are what a reader of one item would say, and errors
name the place.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pasand.domain.catalog import Catalog, Item
from pasand.domain.rule_fields import FIELDS
from pasand.domain.rule_language import (
    AllOf,
    AnyOf,
    Check,
    Directive,
    Expression,
    Not,
    parse_rule,
)
from pasand.domain.rule_masks import bound, mask_of, said_of
from pasand.domain.rules import Rule, rule_book
from pasand.errors import InvalidInput
from pasand.testing import samples

NOW, DAY = samples.NOW_MS, samples.DAY_MS
ITEMS = [
    *samples.items(40),
    samples.item("dear", price=30.0, stock=0, type="product", available_until_ms=NOW + 3 * DAY),
    samples.item("cheap", price=4.5, stock=7, type="product", language="ur"),
    samples.item("here", regions=("PK", "IN"), available_from_ms=NOW - 2 * DAY),
]
CATALOG = Catalog(ITEMS)


def named(text: str, at_ms: int = NOW, **facts: Any) -> set[str]:
    """Return the ids of the items for which a rule's condition holds."""
    when = bound(parse_rule(text).when, {k.replace("_", ".", 1): v for k, v in facts.items()})
    return {CATALOG.item_ids[at] for at in np.flatnonzero(mask_of(when, CATALOG, at_ms)).tolist()}


@pytest.mark.parametrize(
    ("condition", "names"),
    (
        ("item.price < 10", {"cheap"}),
        ("item.price >= 4.5 and item.price != 30", {"cheap"}),
        ("item.stock == 0", {"dear"}),
        ('item.type == "product" and not item.stock == 0', {"cheap"}),
        ("item.leaves within 4 days", {"dear"}),
        ("item.added within 2 weeks", {"here"}),
        ('item.region has ["PK", "FR"]', {"here"}),
        ('item.language in ["ur", "hi"]', {"cheap"}),
        ("item.language != 'hi'", {"cheap"}),
        ("item.released within 20 days", {"i0", "i1"}),
        ('item.id in ["i3", "nobody"]', {"i3"}),
        ('item.title == "Title \\i7"', {"i7"}),
        ("item.year in [1991, 1992] and item.stock < 1", set()),
    ),
)
def test_a_condition_names_items(condition: str, names: set[str]) -> None:
    assert named(f"filter when {condition}") == names


def test_member_and_request_are_settled_first() -> None:
    text = 'filter when item.genre has "Space" and (member.is_child or request.hour >= 20)'
    space = {item.item_id for item in ITEMS if "Space" in item.genres}
    assert named(text, member_is_child=True, request_hour=3) == space
    assert named(text, member_is_child=False, request_hour=20) == space
    assert named(text, member_is_child=False, request_hour=19) == set()
    assert bound(parse_rule(text).when, {}) is False


def test_what_is_unknown_fulfils_no_comparison() -> None:
    unpriced = {item.item_id for item in ITEMS if item.price is None}
    for sign in ("==", "!=", "<", "<=", ">", ">="):
        assert not named(f"filter when item.price {sign} 10") & unpriced
    assert named("filter when not item.price < 1000") == unpriced
    assert bound(parse_rule('filter when member.country != "PK"').when, {}) is False


def test_a_moment_is_followed_although_masks_are_kept() -> None:
    text = "filter when item.leaves within 2 days"
    moments = [NOW, NOW + DAY - 1, NOW + DAY, NOW + 3 * DAY - 1, NOW + 3 * DAY, NOW]
    assert [named(text, at_ms) for at_ms in moments] == [
        set(), set(), {"dear"}, {"dear"}, set(), set(),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "does"),
    (
        ('pin item "i4" to row 2 column 3', Directive("pin", True, 1.0, "item", "i4", 2, 3)),
        ('pin item "i4" to hero', Directive("pin", True, 1.0, "item", "i4", 0, 1)),
        ('pin row "top-10" to row 1', Directive("pin", True, 1.0, "row", "top-10", 1, 1)),
        ("cap 3 per row when member.is_child",
         Directive("cap", Check("member.is_child", "is", True), count=3, per="row")),
        ("boost 2.5 when request.is_weekend",
         Directive("boost", Check("request.is_weekend", "is", True), 2.5)),
    ),
)  # fmt: skip
def test_a_verb_is_read(text: str, does: Directive) -> None:
    assert parse_rule(text) == does


@pytest.mark.parametrize(
    ("text", "place", "fix"),
    (
        ("filtre when item.year > 3", 1, "filter"),
        ('filter when item.gener has "x"', 13, "item.genre"),
        ('filter when item.type == "seris"', 26, "series"),
        ('filter when item.genre == "Horror"', 24, "has"),
        ("filter when item.price", 23, "item.price < 10"),
        ('filter when item.price < "10"', 26, "digits"),
        ("filter when item.released > 30", 27, "within"),
        ("filter when item.released within 30 moons", 37, "minute"),
        ("filter when request.device == tv", 31, '"tv"'),
        ('filter when member.country == "pk"', 31, "PK"),
        ("filter when (member.is_child", 13, ")"),
        ('filter when item.tag has ["a" "b"]', 26, ","),
        ('filter when item.title == "a', 27, "quote"),
        ("filter when member.is_child; drop", 28, "Leave it out"),
        ("filter when member.is_child member.is_known", 29, "and"),
        ("filter", 7, "when"),
        ("boost 0.5 when member.is_child", 7, "bury"),
        ("bury 2 when member.is_child", 6, "boost"),
        ("cap 0 per page when member.is_child", 5, "filter"),
        ("cap 2 per pages when member.is_child", 11, "page"),
        ('pin row "new" to row 99', 22, "Count from 1"),
        ('pin row "new" to row 1 when item.year > 3', 29, "member"),
        ("filter when " + "not " * 40 + "member.is_child", 93, "Split"),
        ("__import__('os').system('true')", 17, "Leave it out"),
        ("exec when member.is_child", 1, "filter"),
    ),
)
def test_an_error_names_the_place_and_what_to_write(text: str, place: int, fix: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_rule(text)
    assert f"(character {place})" in refused.value.message and fix in refused.value.fix
    assert refused.value.field == "rule"


@given(st.text(max_size=60) | st.text('filterwhenbo ."=<()[]andort123', max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_rule(text)
    except InvalidInput as error:
        assert "(character " in error.message


def read_one(said: Expression, item: Item, at_ms: int) -> bool:
    """Say of one item what a mask says of all, in the plainest way."""
    if isinstance(said, bool):
        return said
    if isinstance(said, Not):
        return not read_one(said.part, item, at_ms)
    if isinstance(said, (AllOf, AnyOf)):
        every = all if isinstance(said, AllOf) else any
        return every(read_one(part, item, at_ms) for part in said.parts)
    assert isinstance(said.value, tuple)
    fact: Any = {
        "item.genre": item.genres, "item.tag": item.tags, "item.year": item.year,
        "item.price": item.price, "item.released": item.released_ms, "item.type": item.type,
        "item.leaves": item.available_until_ms, "item.language": item.language,
    }[said.field]  # fmt: skip
    if said.op == "has":
        return bool(set(fact) & set(said.value))
    if fact is None or fact == "":
        return False
    if said.op == "within":
        ahead = FIELDS[said.field].kind == "ahead"
        away = fact - at_ms if ahead else at_ms - fact
        return bool(0 < away <= said.value[0]) if ahead else bool(0 <= away < said.value[0])
    if said.op in ("in", "not in"):
        return (fact in said.value) == (said.op == "in")
    return bool({"<": fact < said.value[0], "<=": fact <= said.value[0],
                 ">": fact > said.value[0], ">=": fact >= said.value[0]}[said.op])  # fmt: skip


CHECKS = st.one_of(
    st.builds(Check, st.just("item.genre"), st.just("has"),
              st.tuples(st.sampled_from(samples.GENRES))),
    st.builds(Check, st.just("item.tag"), st.just("has"), st.tuples(st.sampled_from(samples.TAGS))),
    st.builds(Check, st.sampled_from(("item.year", "item.price")),
              st.sampled_from(("<", "<=", ">", ">=", "in", "not in")),
              st.tuples(st.sampled_from((1990.0, 2000.0, 4.5, 30.0)))),
    st.builds(Check, st.sampled_from(("item.released", "item.leaves")), st.just("within"),
              st.tuples(st.sampled_from((float(DAY), 3.0 * DAY, 70.0 * DAY)))),
    st.builds(Check, st.sampled_from(("item.type", "item.language")),
              st.sampled_from(("in", "not in")), st.tuples(st.sampled_from(("film", "ur")))),
    st.booleans(),
)  # fmt: skip
EXPRESSIONS: Any = st.recursive(
    CHECKS,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(AllOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)


@given(EXPRESSIONS, st.sampled_from((0, 1, DAY, 3 * DAY, 30 * DAY)))
def test_a_mask_is_what_a_reader_of_one_item_says(said: Expression, later_ms: int) -> None:
    folded, at_ms = bound(said, {}), NOW + later_ms
    mask = mask_of(folded, CATALOG, at_ms).tolist()
    assert mask == [read_one(said, item, at_ms) for item in ITEMS]
    assert not isinstance(folded, (AllOf, AnyOf)) or not any(
        isinstance(part, bool) for part in folded.parts
    )
    assert all(isinstance(check, Check) for check in said_of(said))


def test_a_book_leaves_out_what_rests_is_over_or_cannot_be_read() -> None:
    rule = Rule(rule_id="r", text="cap 2 per page when item.year > 3")
    rules = [
        rule,
        replace(rule, rule_id="off", on=False),
        replace(rule, rule_id="gone", removed=True),
        replace(rule, rule_id="later", from_ms=NOW + 1),
        replace(rule, rule_id="over", until_ms=NOW),
        replace(rule, rule_id="never", text="filter when member.is_child and item.year > 3"),
        replace(rule, rule_id="odd", text="embolden when item.year > 3"),
    ]
    book = rule_book(rules, 7)
    assert [name for name, _ in book.unread] == ["odd"]
    met = book.met({"member.is_child": False}, NOW)
    assert met.version == 7 and [one.rule_id for one in met.active] == ["r"]
    assert [one.rule_id for one in book.met({}, NOW + 1).active] == ["r", "later"]
