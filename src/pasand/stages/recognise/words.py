"""Objects, moods and genres in words, from a model that puts pictures and texts into one space.

Each question is asked in a sentence, all its answers beside each other and beside a sentence that
names none of them: what fits no better than that is not told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pasand.domain.picture_facts import MOOD_WORDS, Guess, Mood
from pasand.picture_ports import Picture, WordMatcher

__all__ = ["GENRES", "SCENES", "Config", "ZeroShot", "lifted"]

GENRES = (
    "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama",
    "Fantasy", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
SCENES = (
    "beach", "city street", "desert", "forest", "kitchen", "living room", "mountains", "office",
    "sea", "snow", "space", "stage", "stadium",
)  # fmt: skip
_NONE = "a picture"


@dataclass(frozen=True, slots=True)
class Config:
    """``least``: what is less sure is not told; the sentences have a place for the answer."""

    least: float = 0.3
    object_sentence: str = "a photo of a {}"
    mood_sentence: str = "a {} picture"
    genre_sentence: str = "a poster of a {} film"
    scene_sentence: str = "a photo taken in or on: {}"


class ZeroShot:
    """Asks a ``WordMatcher``; the sentences' vectors are made once, when it is made."""

    def __init__(
        self,
        config: Config,
        matcher: WordMatcher,
        objects: Sequence[str],
        genres: Sequence[str] = GENRES,
    ) -> None:
        self.config, self.name, self._matcher = config, matcher.name, matcher
        kinds = {
            "object": (config.object_sentence, tuple(objects)),
            "mood": (config.mood_sentence, tuple(MOOD_WORDS)),
            "genre": (config.genre_sentence, tuple(genres)),
            "scene": (config.scene_sentence, SCENES),
        }
        self._answers = {kind: answers for kind, (_, answers) in kinds.items()}
        self._texts = {
            kind: matcher.text_vectors([_NONE, *map(sentence.format, answers)])
            for kind, (sentence, answers) in kinds.items()
        }

    def vector(self, picture: Picture) -> NDArray[np.float32]:
        """Return the picture's vector, for the questions and to keep."""
        return self._matcher.picture_vector(picture)

    def guesses(self, vector: NDArray[np.float32], kind: str) -> tuple[Guess, ...]:
        """Return which answers fit a picture of this vector, the surest first."""
        likely = lifted(self._matcher.likelihoods(vector, self._texts[kind]))
        order = np.argsort(-likely, kind="stable")
        names = self._answers[kind]
        sure = [at for at in order if likely[at] >= self.config.least]
        return tuple(Guess(names[at], round(float(likely[at]), 3)) for at in sure)

    def mood(self, vector: NDArray[np.float32]) -> Mood | None:
        """Return the mood that the words that fit have together."""
        words = self.guesses(vector, "mood")
        if not words:
            return None
        share = np.array([word.confidence for word in words])
        place = share @ np.array([MOOD_WORDS[word.name] for word in words]) / share.sum()
        valence, arousal = (round(float(part), 3) for part in place)
        return Mood(valence, arousal, words[0].confidence, words)


def lifted(likelihood: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return how much better each answer fits than the first, which names nothing, 0 to 1."""
    least = float(likelihood[0])
    found: NDArray[np.float64] = np.maximum(likelihood[1:].astype(np.float64) - least, 0.0)
    return found / max(1.0 - least, 1e-6)
