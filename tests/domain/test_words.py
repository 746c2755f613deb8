"""Goal: one folding for all that is searched, and whatever is typed has its words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pasand.domain.catalog import Catalog
from pasand.domain.catalog_words import Haystack, matches, nearest_words, slips_between, with_all
from pasand.domain.words import BEGINS, EXACT, closeness, folded, searchable, words_of
from pasand.testing import samples

CATALOG = Catalog(
    [
        samples.item("heat", title="Heat", people=("Al Pacino",), genres=("Crime",)),
        samples.item("dead", title="Dead Heat", genres=("Comedy", "Crime"), tags=("night",)),
        samples.item("heathers", title="Heathers", genres=("Comedy",), people=("Winona Ryder",)),
        samples.item("the", title="The Night", genres=("Drama",)),
        *(samples.item(f"x{n}", title=f"Something {n}", genres=("Drama",)) for n in range(40)),
    ]
)


def strengths(text: str) -> dict[str, float]:
    found = matches(CATALOG, text)
    ids = [CATALOG.item_ids[at] for at in found.position.tolist()]
    return dict(zip(ids, found.strength.tolist(), strict=True))


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert all(word == "".join(word.split()) for word in words_of(text))
    assert not set('"*^():+-{}') & set(folded(text))


@given(st.text(min_size=1, max_size=30))
def test_a_title_is_found_by_itself_and_by_its_beginning(title: str) -> None:
    words = words_of(title)
    if not words or len(folded(title).split()) > len(words):
        return
    said = searchable(title, ())
    assert closeness(words, *said) == EXACT
    assert closeness([*words[:-1], words[-1][:-1] or words[-1]], *said) in (EXACT, BEGINS)


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=12), max_size=8))
def test_a_name_is_found_by_each_of_its_words(names: list[str]) -> None:
    haystack = Haystack(names)
    for at, name in enumerate(names):
        for word in words_of(name):
            whole, begun = haystack.having(word)
            assert at in whole.tolist()
            assert all(word in haystack.text for _ in begun)


def test_an_article_does_not_hide_a_title() -> None:
    assert closeness(["night"], *searchable("The Night", ())) == BEGINS
    assert closeness(["the", "night"], *searchable("The Night", ())) == EXACT


def test_slips_are_letters_more_fewer_other_or_swapped() -> None:
    pairs = {("heat", "heat"): 0, ("haet", "heat"): 1, ("heta", "heat"): 1, ("hea", "heat"): 1,
             ("heeat", "heat"): 1, ("hoat", "heat"): 1, ("cold", "heat"): 4, ("", "heat"): 4,
             ("paccinno", "pacino"): 2}  # fmt: skip
    assert {pair: slips_between(*pair) for pair in pairs} == pairs


@given(st.text(max_size=8), st.text(max_size=8))
def test_slips_are_the_same_both_ways(one: str, other: str) -> None:
    apart = slips_between(one, other)
    assert apart == slips_between(other, one) and (apart == 0) == (one == other)
    assert abs(len(one) - len(other)) <= apart <= max(len(one), len(other))


def test_unknown_words_become_the_nearest_known_ones() -> None:
    assert nearest_words(CATALOG, ["haet"]) == ["heat"]
    assert nearest_words(CATALOG, ["pacinno", "heat"]) == ["pacino", "heat"]
    assert nearest_words(CATALOG, ["pac"]) == ["pac"], "it begins a known word"
    assert nearest_words(CATALOG, ["xyz", "qqqqqqqq"]) == ["xyz", "qqqqqqqq"]


@given(st.lists(st.text(min_size=1, max_size=12), max_size=4))
def test_any_words_have_nearest_ones(words: list[str]) -> None:
    assert len(nearest_words(CATALOG, words)) == len(words)


def test_a_text_speaks_of_titles_people_genres_and_tags() -> None:
    heat = strengths("heat")
    assert heat["heat"] == heat["dead"] == 1.0 and 0 < heat["heathers"] < 0.5
    assert set(strengths("al pacino")) == {"heat"}
    assert 0.3 < strengths("crime")["heat"] < strengths("heat")["heat"]
    both = strengths("crime heat")
    assert both["heat"] > both.get("heathers", 0)
    assert strengths("") == strengths("unheard of it") == {}
    assert set(strengths("pacino films")) == {"heat"}, "a word that nobody has says nothing"
    assert strengths("something") == {}, "nor does one that most have"
    assert set(strengths("something 7")) == {"x7"}


def test_all_words_of_a_text_where_they_are_looked_for() -> None:
    def ids(words: list[str], *names: str) -> set[str]:
        found = with_all(CATALOG, words, names) if names else with_all(CATALOG, words)
        return {CATALOG.item_ids[at] for at in found.tolist()}

    assert ids(["crime"], "genre") == {"heat", "dead"}
    assert ids(["crime", "night"], "genre", "tag") == {"dead"}
    assert ids(["night"], "genre") == set() and ids(["crime", "pacino"]) == {"heat"}
    assert ids([]) == set()


def test_an_empty_catalogue_has_no_words() -> None:
    empty = Catalog(())
    assert len(matches(empty, "heat").position) == 0 and nearest_words(empty, ["heat"]) == ["heat"]
