"""Goal: every language says everything, with the same values, and names stay as an owner gave them
where a language does not know them.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pasand
from pasand.domain.page import REASONS
from pasand.stages.rows.top_ten import COUNTRIES
from pasand.web.language import Language, language_names, language_of, read_language

SOURCE = Path(pasand.__file__).parent
#: Tables that are looked up by an owner's word; a language may know more or fewer of them.
VOCABULARIES = {"genre", "noun", "phrase", "tag", "country"}
LANGUAGES = [read_language(code) for code in language_names()]


def messages(language: Language) -> dict[str, str]:
    return {
        f"{table}.{name}": text
        for table, texts in language.tables.items()
        if table not in VOCABULARIES
        for name, text in texts.items()
    }


def values_of(text: str) -> set[str]:
    """Return which values fill a message in."""
    return {of or name for name, of in re.findall(r"\{([\w-]+)(?:/(\w+))?[:}]", text)} | {
        of for _, of in re.findall(r"\{([\w-]+)/(\w+)\}", text)
    }


def test_two_languages_ship_one_of_them_from_right_to_left() -> None:
    assert {"en", "ur"} <= set(language_names())
    assert [language.code for language in LANGUAGES if language.right_to_left] == ["ur"]


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.code)
def test_a_language_has_every_message_with_the_same_values(language: Language) -> None:
    english, own = messages(read_language("en")), messages(language)
    assert own.keys() == english.keys()
    assert {k: values_of(own[k]) for k in own} == {k: values_of(english[k]) for k in english}
    assert all(text.strip() for text in own.values())
    assert set(language.tables["country"]) == COUNTRIES
    for table in VOCABULARIES & language.tables.keys():
        for text in language.tables[table].values():
            assert values_of(text) <= {"genre", "tag"}


def test_a_language_has_whatever_the_code_asks_for() -> None:
    known = messages(read_language("en"))
    asked = set()
    for path in [*(SOURCE / "stages" / "rows").glob("*.py"), SOURCE / "flows" / "homepage.py"]:
        asked |= set(re.findall(r'"((?:row|why)\.[a-z0-9.-]+[a-z0-9])"', path.read_text("utf-8")))
    asked |= {f"reason.{word}" for word in REASONS} | {"badge.new", "badge.leaving"}
    for path in (SOURCE / "web" / "static").glob("*.js"):
        said = re.findall(r'\b(?:say|word)\("([a-z-]+)"', path.read_text("utf-8"))
        asked |= {f"page.{word}" for word in said}
    for path in (SOURCE / "web" / "templates").glob("*.html"):
        said = re.findall(r'\bsay\("(page\.[a-z-]+)"', path.read_text("utf-8"))
        asked |= set(said)
    assert len(asked) > 40 and not asked - known.keys()


@pytest.mark.parametrize(
    ("locale", "code"), (("ur", "ur"), ("ur-PK", "ur"), ("UR_pk", "ur"), ("fr", "en"), ("", "en"))
)
def test_a_locale_gets_its_language_or_english(locale: str, code: str) -> None:
    assert language_of(locale).code == code
    assert language_of(locale).direction == ("rtl" if code == "ur" else "ltr")


def test_what_a_language_lacks_is_said_in_english() -> None:
    ur = read_language("ur")
    poor = Language("xx", "X", False, ((1,),), {}, read_language("en"))
    assert poor.say("row.trending") == "Trending now"
    assert ur.say("row.trending") != "Trending now"
    assert poor.say("A text of its own, {not} filled") == "A text of its own,  filled"


def test_an_owners_words_stay_as_given_and_known_ones_are_said() -> None:
    en, ur = read_language("en"), read_language("ur")
    assert en.heading("row.genre", {"genre": "Heimatfilm"}) == "Heimatfilm"
    assert ur.say("row.genre", {"genre": "Crime"}) == ur.tables["genre"]["Crime"]
    blend = {"genre": "Crime", "tag": "slow burn", "decade": 1990}
    assert en.heading("row.blend.genre-tag-decade", blend) == (
        "Slow-burn crime stories of the 1990s"
    )
    own = {"genre": "Heimatfilm", "tag": "alm"}
    assert en.heading("row.blend.genre-tag", own) == "Heimatfilm: alm"


def test_a_name_of_another_script_is_set_apart() -> None:
    said = read_language("ur").say("row.because.watched", {"title": "Heat {1995}"})
    assert "\u2068Heat {1995}\u2069" in said
    assert read_language("en").say("row.because.watched", {"title": "Heat {1995}"}) == (
        "Because you watched Heat {1995}"
    )


@pytest.mark.parametrize(("days", "said"), ((1, "1 day"), (2, "2 days"), (21, "21 days")))
def test_the_message_says_one_and_many(days: int, said: str) -> None:
    assert read_language("en").say("why.leaving", {"days": days}) == f"gone within {said}"
