"""Languages: messages by key, filled in with values, as a reader of that language says them.

A message is a text with values in braces. ``{title}`` is the value of that name; where the
language has a table of the same name, it is looked up there, and stays as given where the table
does not know it (an owner's own genre). ``{noun/genre}`` looks the value ``genre`` up in the
table ``noun``, whose entry ``other`` stands for what it does not know; entries may have values
too. ``{minutes:minute|minutes}`` chooses a form by a number: ``forms`` of the file name the
numbers of the first forms, the last form takes all others.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from pasand.errors import InvalidInput

__all__ = ["Language", "Values", "language_names", "language_of", "locale_of", "read_language"]

Values = Mapping[str, str | int]

DEFAULT = "en"
_VALUE = re.compile(r"\{(\w[\w-]*)(?:/(\w+)|:([^{}]*))?\}")
#: Around a name of another script, so that its order does not turn that of the sentence.
_ISOLATE, _END = "\u2068", "\u2069"


@dataclass(frozen=True, slots=True)
class Language:
    """The messages of a language; ``spare`` has those that its file lacks."""

    code: str
    name: str
    right_to_left: bool
    forms: tuple[tuple[int, ...], ...]
    tables: Mapping[str, Mapping[str, str]]
    spare: Language | None = None

    @property
    def direction(self) -> str:
        """Where a line begins, as HTML says it."""
        return "rtl" if self.right_to_left else "ltr"

    def say(self, key: str, values: Values | None = None) -> str:
        """Return a message filled in; a key that no file has is a text of its own."""
        found = self.message(key)
        text = key if found is None else found
        return self._fill(text, values or {}) if "{" in text else text

    def heading(self, key: str, values: Values | None = None) -> str:
        """Return a message as a heading, which begins with a capital."""
        said = self.say(key, values)
        return said[:1].upper() + said[1:]

    def message(self, key: str) -> str | None:
        """Return a message as its file has it, with values in braces; None where none has it."""
        table, _, name = key.rpartition(".")
        found = self.tables.get(table, {}).get(name)
        return self.spare.message(key) if found is None and self.spare is not None else found

    def words(self) -> dict[str, dict[str, str]]:
        """Return what a page's scripts say: its messages and the genres by name."""
        spare = self.spare.words()["page"] if self.spare is not None else {}
        page = {**spare, **self.tables.get("page", {})}
        return {"page": page, "genre": dict(self.tables.get("genre", {}))}

    def word(self, table: str, value: str | int) -> str:
        """Return what a table says for a value, the value itself where it does not know it."""
        return self.tables.get(table, {}).get(str(value), str(value))

    def _fill(self, text: str, values: Values) -> str:
        def put(match: re.Match[str]) -> str:
            name, of, forms = match.groups()
            value = values.get(of or name)
            if value is None:
                return ""
            if forms is not None:
                return self._form(forms.split("|"), value)
            table = self.tables.get(name, {})
            entry = table.get(str(value), table.get("other") if of else None)
            if entry is not None:
                return self._fill(entry, values)
            return self._isolated(str(value)) if isinstance(value, str) else str(value)

        return _VALUE.sub(put, text)

    def _form(self, forms: list[str], number: str | int) -> str:
        at = next((n for n, numbers in enumerate(self.forms) if number in numbers), len(forms) - 1)
        return forms[min(at, len(forms) - 1)]

    def _isolated(self, text: str) -> str:
        return f"{_ISOLATE}{text}{_END}" if self.right_to_left else text


def language_names() -> tuple[str, ...]:
    """Return the codes of the languages that ship."""
    found = (entry.name for entry in files("pasand.languages").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def locale_of(text: str) -> str:
    """Return the locale that a caller names, empty where they name none."""
    if text and not re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", text):
        raise InvalidInput(f"locale is {text[:20]!r}.", field="locale", fix="Use a code: en-IN.")
    return text


@cache
def language_of(locale: str) -> Language:
    """Return the language of a locale such as ``ur-PK``, English where it does not ship."""
    code = re.split("[-_]", locale.lower())[0]
    return read_language(code) if code in language_names() else read_language(DEFAULT)


@cache
def read_language(code: str) -> Language:
    """Return a language that ships."""
    told = tomllib.loads((files("pasand.languages") / f"{code}.toml").read_text("utf-8"))
    about = told.pop("language")
    return Language(
        code,
        about["name"],
        about["right_to_left"],
        tuple(map(tuple, about["forms"])),
        dict(_tables(told)),
        None if code == DEFAULT else read_language(DEFAULT),
    )


def _tables(told: Mapping[str, Any], path: str = "") -> list[tuple[str, dict[str, str]]]:
    """Return every table of a file by the path to it, with the messages that stand in it."""
    found = [(path, {name: text for name, text in told.items() if isinstance(text, str)})]
    for name, inner in told.items():
        if isinstance(inner, dict):
            found += _tables(inner, f"{path}.{name}" if path else name)
    return found
