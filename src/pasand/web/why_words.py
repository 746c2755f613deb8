"""Why a title is where it is, in plain sentences: what a part of its score means to its member."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pasand.web.language import Language, language_of

__all__ = ["picture_sentence", "sentences", "with_titles"]

COUNT_MAX = 3
SHARE_MIN = 0.1
_FIRST = ("continue", "list", "featured")
_DEVICES = ("tv", "phone", "tablet", "desktop")


def with_titles(told: dict[str, Any], locale: str) -> dict[str, Any]:
    """Return what is told of a page with the titles of its rows in words."""
    language = language_of(locale)
    for row in (*told["rows"], *told.get("rows_not_shown", ())):
        row["title"] = language.heading(row["title"], row.pop("title_values", None))
    return told


def sentences(
    parts: Mapping[str, float], reason: str, cause: str | None, device: str, language: Language
) -> list[str]:
    """Return what spoke for a cell, strongest first, at most three sentences and at least one.

    ``parts`` is what each part added to the score, ``cause`` the title behind a "because".
    """
    said = [language.say(f"sentence.{reason}")] if reason in _FIRST else []
    if cause:
        said.append(language.say("sentence.cause", {"title": cause}))
    total = sum(value for value in parts.values() if value > 0)
    for name, value in sorted(parts.items(), key=lambda entry: -entry[1]):
        if value <= 0 or value < SHARE_MIN * total or (name == "covisit" and cause):
            continue
        on = f"-{device}" if name == "context" and device in _DEVICES else ""
        sentence = language.message(f"sentence.{name}{on}")
        if sentence and sentence not in said:
            said.append(sentence)
    return said[:COUNT_MAX] or [language.say("sentence.nothing")]


def picture_sentence(shows: str, chance: float, language: Language) -> str:
    """Return why a cell has its picture: by the component that suits the member ("cast:NAME"),
    else by how it was chosen.
    """
    kind, _, what = shows.partition(":")
    if what:
        for name in (f"picture-{kind}-{what}", f"picture-{kind}"):
            if language.message(f"sentence.{name}"):
                return language.say(f"sentence.{name}", {"what": what})
        return language.say("sentence.picture-shows", {"what": what})
    return language.say(f"sentence.picture-{'drawn' if chance < 0.5 else 'best'}")
