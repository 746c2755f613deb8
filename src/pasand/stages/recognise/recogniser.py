"""All eyes on one picture: each job asks the best there is, and doubt silences those that guess.

What is computed is told of every picture. What photograph models see is told of what is like a
photograph; a face alone, if it is sure, speaks for itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pasand.domain.picture_facts import Guess, Mood, PictureFacts, mood_words, packed
from pasand.picture_ports import Picture, Resizer
from pasand.stages.recognise import composition, lettering, look, shot
from pasand.stages.recognise.body import subject_box
from pasand.stages.recognise.doubt import Config as DoubtConfig
from pasand.stages.recognise.doubt import Doubt, Signs, entropy
from pasand.stages.recognise.eyes import Eyes, Sight, see, unsure_of, who_does
from pasand.stages.recognise.heads import Head, apply
from pasand.stages.recognise.signals import Signals, affect_of, signals_of
from pasand.stages.recognise.viewing import softmax

__all__ = ["Config", "PictureRecogniser"]


@dataclass(frozen=True, slots=True)
class Config:
    """From which confidence on a fact is told. ``body_least``: of a person who is counted;
    ``face_in_doubt``: of a face that speaks against
    a doubt; ``none_least``: of nobody being there.
    """

    object_least: float = 0.12
    body_least: float = 0.35
    face_least: float = 0.65
    face_in_doubt: float = 0.85
    scene_least: float = 0.3
    category_least: float = 0.4
    mood_least: float = 0.3
    genre_least: float = 0.2
    none_least: float = 0.7
    doubt: DoubtConfig = field(default_factory=DoubtConfig)


class PictureRecogniser:
    """A ``Recogniser``. Give it a finder that tells all it suspects: the bars are here."""

    def __init__(self, config: Config, eyes: Eyes, resize: Resizer) -> None:
        self.config, self.eyes = config, eyes
        self._resize = resize
        self._look = look.ClassicalLook(look.Config(), resize)
        self._composition = composition.ClassicalComposition(composition.Config(), resize)
        self._lettering = lettering.ClassicalLettering(lettering.Config(), resize)
        self._shot = shot.ShotSize(shot.Config())
        self._doubt = Doubt(config.doubt)

    def recognise(self, picture: Picture, about: Mapping[str, Any] | None = None) -> PictureFacts:
        """Return all that may be said of the picture, and why of the rest nothing."""
        sight = see(self.eyes, picture)
        facts = self._computed(picture, sight, about or {})
        doubt, of_objects = self._doubts(picture, sight)
        if not of_objects:
            least = self.config.object_least
            objects = tuple(one for one in sight.objects or () if one.confidence >= least)
            facts = replace(facts, objects=objects)
        facts = self._people(facts, picture, sight, doubt)
        if not doubt:
            facts = replace(facts, scene=self._scene(sight))
            facts = self._felt(facts, self.signals(facts, sight), sight)
        unsure = unsure_of(self.eyes, facts, doubt, of_objects)
        return replace(facts, unsure=unsure, providers=who_does(self.eyes))

    def _doubts(self, picture: Picture, sight: Sight) -> tuple[str, str]:
        """Return why the picture, and why the objects in it, may not be believed; without a
        classifier there is only its grain to read a doubt from.
        """
        fine, coarse = (look.fine_texture(self._resize(picture, side, side)) for side in (256, 128))
        if sight.belief is None:
            grain = self._doubt.of_grain(fine, coarse)
            return grain, grain
        surest = sight.objects[0].confidence if sight.objects else 0.0
        signs = Signs(sight.belief, fine, coarse, surest)
        return self._doubt.of_picture(signs), self._doubt.of_objects(signs)

    def signals(self, facts: PictureFacts, sight: Sight) -> Signals:
        """Return the rows of numbers that heads read; ``facts`` have the look."""
        assert facts.look is not None
        words = self.eyes.classifier.words if self.eyes.classifier else ()
        kinds = self.eyes.object_kinds
        objects = None if sight.objects is None else (sight.objects, kinds)
        return signals_of(facts.look, sight.embedding, sight.belief, words, objects, sight.faces)

    def learn_from(self, picture: Picture) -> Signals:
        """Return what a head would read of this picture, for training one."""
        sight = see(self.eyes, picture)
        return self.signals(PictureFacts(size=(1, 1), look=self._look.look(picture)), sight)

    def _computed(self, picture: Picture, sight: Sight, about: Mapping[str, Any]) -> PictureFacts:
        """Return what no doubt touches."""
        vector = None
        if sight.word_vector is not None and self.eyes.words:
            vector = packed(self.eyes.words.name, sight.word_vector)
        elif sight.embedding is not None and self.eyes.embedder:
            vector = packed(self.eyes.embedder.name, sight.embedding)
        box = None if sight.subject is None else subject_box(sight.subject)
        taken = [
            face.box for face in sight.faces or () if face.confidence >= self.config.face_least
        ]
        return PictureFacts(
            size=(picture.shape[1], picture.shape[0]),
            hash=self._look.hash(picture),
            look=self._look.look(picture),
            composition=self._composition.composition(picture, taken, box),
            lettering=self._lettering.lettering(picture),
            vector=vector,
            cast=tuple(map(str, about.get("cast", ()))),
        )

    def _people(
        self, facts: PictureFacts, picture: Picture, sight: Sight, doubt: str
    ) -> PictureFacts:
        """Return the facts with faces, shot size and how many people, as far as they are sure."""
        config = self.config
        least = config.face_in_doubt if doubt else config.face_least
        faces = tuple(face for face in sight.faces or () if face.confidence >= least)
        if self.eyes.expression:
            reader = self.eyes.expression
            faces = tuple(replace(f, expression=reader.expression(picture, f)) for f in faces)
        bodies = [seen for seen in facts.objects if seen.confidence >= config.body_least]
        asked = sight.faces is not None or sight.objects is not None
        people = shot.people_of(faces, facts.objects, config.body_least) if asked else None
        if people and people.name == "none" and (doubt or people.confidence < config.none_least):
            people = None
        size = self._shot(faces, bodies, sight.joints)
        return replace(facts, faces=faces, people=people, shot=size)

    def _scene(self, sight: Sight) -> Guess | None:
        """Return what the whole picture shows."""
        scene = None
        if sight.belief is not None and self.eyes.classifier:
            share = softmax(sight.belief.logits).mean(axis=0)
            at = int(share.argmax())
            name = self.eyes.classifier.words[at].partition(",")[0]
            scene = Guess(name, round(float(share[at]), 3))
        if self.eyes.words and sight.word_vector is not None:
            asked = self.eyes.words.guesses(sight.word_vector, "scene")
            scene = asked[0] if asked else scene
        if scene is not None and scene.confidence < self.config.scene_least:
            scene = None
        return scene

    def _felt(self, facts: PictureFacts, signals: Signals, sight: Sight) -> PictureFacts:
        """Return the facts with mood, genres and class, by heads or by words."""
        config, heads, words = self.config, self.eyes.heads, self.eyes.words
        mood = self._mood(signals, sight)
        genres: tuple[Guess, ...] = ()
        if found := _applied(heads.get("genre"), signals):
            genres = _guesses(found, config.genre_least)
        elif words and sight.word_vector is not None:
            genres = words.guesses(sight.word_vector, "genre")
        category = None
        if found := _applied(heads.get("class"), signals):
            category = next(iter(_guesses(found, config.category_least)), None)
        return replace(facts, mood=mood, genres=genres, category=category)

    def _mood(self, signals: Signals, sight: Sight) -> Mood | None:
        """Return the mood by a head, by words, or by what the things in it are of themselves."""
        found = _applied(self.eyes.heads.get("mood"), signals)
        if found is not None:
            value, known = found
            valence, arousal, sure = value["valence"], value["arousal"], known
        elif self.eyes.words and sight.word_vector is not None:
            return self.eyes.words.mood(sight.word_vector)
        elif sight.belief is not None and self.eyes.classifier:
            affect = affect_of(sight.belief, self.eyes.classifier.words)
            valence, arousal = map(float, affect[:2])
            sure = 1.0 - entropy(sight.belief) / float(np.log(sight.belief.logits.shape[1]))
        else:
            return None
        valence, arousal = (float(np.clip(part, -1, 1)) for part in (valence, arousal))
        if sure < self.config.mood_least:
            return None
        told = mood_words(valence, arousal, sure)
        return Mood(round(valence, 3), round(arousal, 3), round(sure, 3), told)


def _applied(head: Head | None, signals: Signals) -> tuple[dict[str, float], float] | None:
    return None if head is None else apply(head, signals)


def _guesses(found: tuple[dict[str, float], float], least: float) -> tuple[Guess, ...]:
    """Return what is likely, the surest first; a head that does not know such pictures is less
    sure of all.
    """
    value, known = found
    guesses = [Guess(name, round(likely * known, 3)) for name, likely in value.items()]
    sure = [guess for guess in guesses if guess.confidence >= least]
    return tuple(sorted(sure, key=lambda guess: -guess.confidence))
