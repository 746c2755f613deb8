"""Why a title is where it is, in plain sentences: what a part of its score means to its member."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pasand.web.language import Language, language_of

__all__ = ["PART_WORDS", "sentences", "with_titles"]

#: A score part in a few words.
PART_WORDS = {
    "covisit": "What members take after what you took last",
    "ease": "Members with a history like yours chose it",
    "ials": "Members with a history like yours chose it",
    "sequence": "It comes next for members who did what you did",
    "popular": "Popular with everybody these weeks",
    "trending": "Rising since yesterday",
    "taste": "Its genres, themes and people suit your taste",
    "fresh": "New on the service",
    "context": "Fits this hour and device",
    "rules": "The service gives it more room",
}

#: Parts and reasons that have a sentence, by its key in ``languages/``.
_OF_PART = {name: name for name in PART_WORDS} | {"ials": "ease"}
_OF_REASON = ("continue", "list", "featured")

COUNT_MAX = 3
SHARE_MIN = 0.1


def with_titles(told: dict[str, Any], locale: str) -> dict[str, Any]:
    """Return what is told of a page with the titles of its rows in words."""
    language = language_of(locale)
    for row in (*told["rows"], *told.get("rows_not_shown", ())):
        row["title"] = language.heading(row["title"], row.pop("title_values", None))
    return told


def sentences(
    language: Language, parts: Mapping[str, float], reason: str, cause: str | None, device: str
) -> list[str]:
    """Return what spoke for a cell, strongest first, at most three sentences and at least one.

    ``parts`` is what each part added to the score, ``cause`` the title behind a "because".
    """
    keys = [reason] if reason in _OF_REASON else []
    if cause:
        keys.append("cause")
    total = sum(value for value in parts.values() if value > 0)
    for name, value in sorted(parts.items(), key=lambda entry: -entry[1]):
        key = _OF_PART.get(name)
        if value > 0 and value >= SHARE_MIN * total and not (name == "covisit" and cause) and key:
            keys.append(key)
    values = {"title": cause or "", "device": device}
    told = [language.say(f"sentence.{key}", values) for key in dict.fromkeys(keys or ["untried"])]
    return told[:COUNT_MAX]
