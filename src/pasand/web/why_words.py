"""Why a title is where it is, in plain sentences: what a part of its score means to its member."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["PART_WORDS", "sentences"]

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

_SENTENCES = {
    "covisit": "Members often go on with this after what you took last.",
    "ease": "Members with a history like yours chose it.",
    "ials": "Members with a history like yours chose it.",
    "sequence": "It often comes next for members who did what you did.",
    "popular": "Many members have taken it these weeks.",
    "trending": "It is taken more now than it usually is.",
    "taste": "Its genres, themes and people are like those you choose.",
    "fresh": "It is new on the service.",
    "rules": "The service gives titles like this one more room just now.",
}
_FIRST = {
    "continue": "You were watching this.",
    "list": "You put it on your list.",
    "featured": "The service features it.",
}
_DEVICES = {
    "tv": "on the TV", "phone": "on a phone", "tablet": "on a tablet", "desktop": "on a computer",
}  # fmt: skip

COUNT_MAX = 3
SHARE_MIN = 0.1


def sentences(parts: Mapping[str, float], reason: str, cause: str | None, device: str) -> list[str]:
    """Return what spoke for a cell, strongest first, at most three sentences and at least one.

    ``parts`` is what each part added to the score, ``cause`` the title behind a "because".
    """
    said = [_FIRST[reason]] if reason in _FIRST else []
    if cause:
        said.append(f"Members who took {cause}, as you did, often go on with this.")
    total = sum(value for value in parts.values() if value > 0)
    for name, value in sorted(parts.items(), key=lambda entry: -entry[1]):
        if value <= 0 or value < SHARE_MIN * total or (name == "covisit" and cause):
            continue
        where = _DEVICES.get(device)
        suits = f"It suits this time of day {where}." if where else "It suits this time of day."
        sentence = suits if name == "context" else _SENTENCES.get(name)
        if sentence and sentence not in said:
            said.append(sentence)
    return said[:COUNT_MAX] or ["It is on the service, and nothing more speaks for it yet."]
