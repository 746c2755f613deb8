"""What every SearchIndex must keep, as a class of tests that knows no adapter.

Derive from it, give ``make`` (an empty log and the index that follows it), and let pytest collect
the result.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from pasand.domain.words import BEGINS, EXACT, IN_PEOPLE, IN_TITLE, words_of
from pasand.ports import EventLog, SearchIndex
from pasand.testing import samples

__all__ = ["ODD_TEXTS", "SearchIndexContract"]

#: Texts that would mean something to a search language, or to nobody.
ODD_TEXTS = (
    "", " ", '"', "'", '"heat', 'heat"', "heat*", "*", "^heat", "heat^", "title:heat", "{title}",
    "heat AND", "AND", "OR heat", "NOT heat", "heat NEAR pacino", "NEAR(heat, 2)", "NEAR(", "(",
    "-heat", "+heat", "heat + wave", "heat; DROP TABLE item_words", "%", "_", "\\", "\x00", "\n",
    "\ud800", "\U0001f600", "ß", "İ", "ﬁ", "a" * 2_000, "a " * 200, "\u0301", "é\u0301",
)  # fmt: skip

TITLES = {
    "heat": ("Heat", ("Al Pacino", "Robert De Niro")),
    "wave": ("Heat Wave", ()),
    "dead": ("Dead Heat", ("Joe Piscopo",)),
    "scar": ("Scarface", ("Al Pacino",)),
    "amelie": ("Le Fabuleux Destin d'Amélie", ("Audrey Tautou",)),
    "spider": ("Spider-Man", ()),
    "night": ("ÇA, la nuit (Straße)", ("Zoë Żuk",)),
    "hindi": ("दिल चाहता है", ("आमिर ख़ान",)),
}


class SearchIndexContract(ABC):
    """Each word begins a word of title or people; what is put, changed or deleted shows at once."""

    @abstractmethod
    def make(self) -> tuple[EventLog, SearchIndex]:
        """Return an empty log and the index that follows it."""

    def filled(self) -> tuple[EventLog, SearchIndex]:
        """Return a log with titles, and the index."""
        log, index = self.make()
        items = [samples.item(one, title=t, people=p) for one, (t, p) in TITLES.items()]
        log.append([samples.put_event(one) for one in items])
        return log, index

    def test_empty(self) -> None:
        _, index = self.make()
        assert index.having(["heat"], 10) == [] and index.having([], 10) == []

    def test_words_are_found_by_their_beginnings_wherever_they_stand(self) -> None:
        _, index = self.filled()
        assert _found(index, "heat") == {"heat", "wave", "dead"}
        assert _found(index, "hea wa") == {"wave"} and _found(index, "eat") == set()
        assert _found(index, "pac") == {"heat", "scar"}
        assert _found(index, "pacino heat") == {"heat"}
        assert _found(index, "nobody") == set() and index.having([], 10) == []

    def test_case_accents_points_and_scripts_are_folded(self) -> None:
        _, index = self.filled()
        for text in ("amelie", "AMÉLIE", "damelie", "d’Amélie"):
            assert _found(index, text) == {"amelie"}, text
        for text in ("spiderman", "spider man", "Spider-Man", "spider"):
            assert _found(index, text) == {"spider"}, text
        for text in ("ca", "strasse", "zoe zuk", "ZOË"):
            assert _found(index, text) == {"night"}, text
        for text in ("दिल", "चाहता", "आमिर", "ख़ान"):
            assert _found(index, text) == {"hindi"}, text

    def test_how_closely_an_item_fits_is_told(self) -> None:
        _, index = self.filled()
        assert dict(index.having(["heat"], 10)) == {
            "heat": EXACT, "wave": BEGINS, "dead": IN_TITLE
        }  # fmt: skip
        assert dict(index.having(["pacino"], 10)) == {"heat": IN_PEOPLE, "scar": IN_PEOPLE}

    def test_no_more_are_given_than_were_asked_for(self) -> None:
        _, index = self.filled()
        assert len(index.having(["heat"], 2)) == 2

    def test_it_follows_the_catalogue_at_once(self) -> None:
        log, index = self.filled()
        log.append([samples.put_event(samples.item("wave", title="Cold Front"), "again")])
        assert _found(index, "heat") == {"heat", "dead"} and _found(index, "cold") == {"wave"}
        log.append([samples.delete_item_event("heat")])
        assert _found(index, "heat") == {"dead"} and _found(index, "pacino") == {"scar"}
        log.append([samples.put_event(samples.item("heat", title="Heat"), "third")])
        assert _found(index, "heat") == {"heat", "dead"}
        priced = samples.item("heat", title="Heat", price=2.5)
        log.append([samples.put_event(priced, "fourth")])
        assert _found(index, "heat") == {"heat", "dead"}

    def test_text_is_never_syntax(self) -> None:
        _, index = self.filled()
        for text in ODD_TEXTS:
            index.having(words_of(text), 10)
            index.having(text.split() or [text], 10)
        assert _found(index, '"heat" AND (') == set() and _found(index, '"HEAT"*^') >= {"heat"}


def _found(index: SearchIndex, text: str) -> set[str]:
    words: Sequence[str] = words_of(text)
    return {item_id for item_id, _ in index.having(words, 100)}
