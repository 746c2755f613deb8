"""Names, countries and faces of the built-in world's members. Words only, no chance."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["COUNTRIES", "FACES", "Country", "Face"]


@dataclass(frozen=True, slots=True)
class Country:
    """How many live there, in which zones, what they speak and hear, and what they are called."""

    weight: float
    zones: tuple[str, ...]
    languages: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Face:
    """One of the first members, made to be unlike the others; ``account`` may be shared."""

    name: str
    country: str
    persona: str
    likes: tuple[str, ...]
    dislikes: tuple[str, ...]
    account: int
    maturity_ceiling: int = 18


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


COUNTRIES: dict[str, Country] = {
    "IN": Country(
        0.34,
        ("Asia/Kolkata",),
        ("hi", "hi", "ta", "bn", "en"),
        _names(
            "Asha Ravi Meera Arjun Kavya Imran Lakshmi Dev Priya Sanjay Anjali Farid Nandini "
            "Rohan Ishaan Zoya Vikram Padma Harpreet Tara Suresh Amina Kiran Leela"
        ),
    ),
    "US": Country(
        0.26,
        ("America/New_York", "America/Chicago", "America/Los_Angeles"),
        ("en", "en", "en", "es"),
        _names(
            "Darnell Grace Miguel Hannah Tyrone Wei Olivia Marcus Elena Jamal Ruth Noah Camila "
            "Derek Simone Peter Aaliyah Tom Lucia Henry Naomi Carlos June Walt"
        ),
    ),
    "DE": Country(
        0.14,
        ("Europe/Berlin",),
        ("de", "de", "de", "en"),
        _names(
            "Helene Jonas Greta Emre Lukas Frieda Ayla Matthias Clara Sven Leyla Otto Ida Kemal "
            "Wiebke Anton Marlene Felix Jule Piotr"
        ),
    ),
    "BR": Country(
        0.15,
        ("America/Sao_Paulo",),
        ("pt",),
        _names(
            "Caio Teresa Thiago Beatriz Rafael Iara Joana Mateus Luana Otavio Bianca Davi Yasmin "
            "Heitor Marina Breno Livia Jorge Aline Cecilia"
        ),
    ),
    "JP": Country(
        0.11,
        ("Asia/Tokyo",),
        ("ja",),
        _names(
            "Yuki Haruto Aiko Ren Sakura Kenji Mio Takumi Naoko Sora Hina Daichi Emi Kaoru Riku "
            "Yumi Shun Chiyo Akira Nozomi"
        ),
    ),
}

FACES = (
    Face("Asha", "IN", "slow dramas and music", ("Drama", "Music"), ("Horror", "Animation"), 1),
    Face("Milo", "US", "a child who loves cartoons", ("Animation", "Family"), ("Drama",), 2, 7),
    Face("Helene", "DE", "a documentary watcher", ("Documentary",), ("Romance", "Fantasy"), 3),
    Face("Caio", "BR", "a horror fan", ("Horror", "Mystery"), ("Family", "Romance"), 4),
    Face("Yuki", "JP", "a romance lover", ("Romance",), ("Crime", "Horror"), 5),
    Face("Darnell", "US", "space and far worlds", ("Science Fiction", "Fantasy"), ("Music",), 2),
    Face("Farah", "IN", "crime, late at night", ("Crime", "Thriller"), ("Comedy", "Family"), 6),
    Face("Teresa", "BR", "comedies, short ones", ("Comedy",), ("Thriller", "Documentary"), 7),
)
