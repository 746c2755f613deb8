"""What everyone who looks at pictures must keep; see ``contracts.py``."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np

from pasand.domain.picture_facts import Box, facts_from_json, facts_to_json
from pasand.picture_ports import (
    Classifier,
    Embedder,
    FaceFinder,
    ObjectFinder,
    Picture,
    PoseFinder,
    Recogniser,
    SubjectFinder,
    WordMatcher,
)

__all__ = [
    "ClassifierContract",
    "EmbedderContract",
    "FaceFinderContract",
    "ObjectFinderContract",
    "PoseFinderContract",
    "RecogniserContract",
    "SubjectFinderContract",
    "WordMatcherContract",
    "pictures",
]


def pictures() -> Iterator[Picture]:
    """Yield pictures of all shapes: plain, noise, a wide one, a tall one, a single pixel."""
    draw = np.random.default_rng(7)
    yield np.full((120, 160, 3), 128, np.uint8)
    yield draw.integers(0, 256, (90, 120, 3), np.uint8)
    yield draw.integers(0, 256, (8, 900, 3), np.uint8)
    yield np.full((700, 5, 3), (250, 10, 10), np.uint8)
    yield np.zeros((1, 1, 3), np.uint8)


class Named(Protocol):
    """Whatever says which model answers."""

    @property
    def name(self) -> str:
        """Which model answers."""
        ...


class PictureContract(ABC):
    """One who looks has a name, says the same again, and leaves the picture as it was."""

    @abstractmethod
    def make(self) -> Any:
        """Return the one that is tested."""

    @abstractmethod
    def look(self, one: Any, picture: Picture) -> Any:
        """Return what it says of a picture, as values that can be compared."""

    def test_it_says_the_same_again_and_changes_nothing(self) -> None:
        one: Any = self.make()
        for picture in pictures():
            before = picture.copy()
            first = self.look(one, picture)
            picture.flags.writeable = False
            assert self.look(one, picture) == first
            assert np.array_equal(picture, before)

    def test_it_has_a_name(self) -> None:
        named: Named = self.make()
        assert named.name


class ObjectFinderContract(PictureContract):
    """Boxes inside the picture, sure from 0 to 1, the surest first."""

    @abstractmethod
    def make(self) -> ObjectFinder:
        """Return a finder."""

    def look(self, one: ObjectFinder, picture: Picture) -> Any:
        return one.find(picture)

    def test_boxes_lie_inside(self) -> None:
        finder = self.make()
        for picture in pictures():
            seen = finder.find(picture)
            assert all(is_inside(one.box) and 0 <= one.confidence <= 1 and one.name for one in seen)
            confidence = [one.confidence for one in seen]
            assert confidence == sorted(confidence, reverse=True)


class FaceFinderContract(PictureContract):
    """Faces inside the picture, the largest first; nobody's name."""

    @abstractmethod
    def make(self) -> FaceFinder:
        """Return a finder."""

    def look(self, one: FaceFinder, picture: Picture) -> Any:
        return one.faces(picture)

    def test_faces_lie_inside(self) -> None:
        finder = self.make()
        for picture in pictures():
            faces = finder.faces(picture)
            for face in faces:
                assert is_inside(face.box) and 0 <= face.confidence <= 1
                assert 0 <= face.frontal <= 1
                assert all(0 <= part <= 1 for point in face.points for part in point)
            areas = [face.box.area for face in faces]
            assert areas == sorted(areas, reverse=True)


class EmbedderContract(PictureContract):
    """Vectors of one length, of unit length or zero; a picture is most like itself."""

    @abstractmethod
    def make(self) -> Embedder:
        """Return an embedder."""

    def look(self, one: Embedder, picture: Picture) -> Any:
        return one.embed(picture).tolist()

    def test_vectors_have_one_size_and_unit_length(self) -> None:
        embedder = self.make()
        vectors = [embedder.embed(picture) for picture in pictures()]
        assert len({vector.shape for vector in vectors}) == 1
        lengths = np.linalg.norm(vectors, axis=1)
        assert np.all((np.abs(lengths - 1) < 1e-3) | (lengths < 1e-6))


class ClassifierContract(PictureContract):
    """A finite number for each word, in each view."""

    @abstractmethod
    def make(self) -> Classifier:
        """Return a classifier."""

    def look(self, one: Classifier, picture: Picture) -> Any:
        return [part.tolist() for part in one.believe(picture)]

    def test_every_word_has_a_number(self) -> None:
        classifier = self.make()
        for picture in pictures():
            belief = classifier.believe(picture)
            assert belief.logits.shape[1] == len(classifier.words)
            assert len(belief.features) == len(belief.logits) >= 1
            assert np.isfinite(belief.logits).all() and np.isfinite(belief.features).all()


class PoseFinderContract(PictureContract):
    """Seventeen joints inside the picture."""

    @abstractmethod
    def make(self) -> PoseFinder:
        """Return a finder."""

    def look(self, one: PoseFinder, picture: Picture) -> Any:
        return one.joints(picture).tolist()

    def test_joints_lie_inside(self) -> None:
        finder = self.make()
        for picture in pictures():
            joints = finder.joints(picture)
            assert joints.shape == (17, 3) and np.all((joints >= 0) & (joints <= 1))


class SubjectFinderContract(PictureContract):
    """A mask of two dimensions."""

    @abstractmethod
    def make(self) -> SubjectFinder:
        """Return a finder."""

    def look(self, one: SubjectFinder, picture: Picture) -> Any:
        return one.subject(picture).tolist()

    def test_it_is_a_mask(self) -> None:
        mask = self.make().subject(next(pictures()))
        assert mask.ndim == 2 and mask.dtype == np.bool_


class WordMatcherContract(PictureContract):
    """Pictures and texts in one space; likelihoods from 0 to 1 that rise with likeness."""

    @abstractmethod
    def make(self) -> WordMatcher:
        """Return a matcher."""

    def look(self, one: WordMatcher, picture: Picture) -> Any:
        return one.picture_vector(picture).tolist()

    def test_pictures_and_texts_lie_in_one_space(self) -> None:
        matcher = self.make()
        texts = matcher.text_vectors(["a red thing", "a blue thing", ""])
        assert texts.shape[0] == 3
        for picture in pictures():
            vector = matcher.picture_vector(picture)
            assert vector.shape == texts.shape[1:]
            likely = matcher.likelihoods(vector, texts)
            assert likely.shape == (3,) and np.all((likely >= 0) & (likely <= 1))
            order = np.argsort(texts @ vector, kind="stable")
            assert np.all(np.diff(likely[order]) >= 0)

    def test_a_text_has_one_vector(self) -> None:
        matcher = self.make()
        together, alone = matcher.text_vectors(["red", "blue"]), matcher.text_vectors(["blue"])
        assert np.allclose(together[1], alone[0], atol=1e-5)


class RecogniserContract(ABC):
    """Facts of any picture, that can be written and read back, the same each time."""

    @abstractmethod
    def make(self) -> Recogniser:
        """Return a recogniser."""

    def test_facts_are_whole(self) -> None:
        recogniser = self.make()
        for picture in pictures():
            facts = recogniser.recognise(picture, {"cast": ["Ann Example"]})
            assert facts.size == (picture.shape[1], picture.shape[0])
            assert facts.cast == ("Ann Example",) and facts.look is not None and facts.hash
            assert recogniser.recognise(picture, {"cast": ["Ann Example"]}) == facts
            assert facts_from_json(facts_to_json(facts)) == facts

    def test_of_noise_nothing_is_asserted(self) -> None:
        noise = np.random.default_rng(3).integers(0, 256, (240, 320, 3), np.uint8)
        facts = self.make().recognise(noise)
        assert not facts.objects and not facts.faces and facts.people is None
        assert facts.scene is None and facts.mood is None and not facts.genres


def is_inside(box: Box) -> bool:
    """Say whether a box lies in the picture, but for rounding."""
    across, down = box.left + box.width, box.top + box.height
    return min(box) >= 0 and across <= 1 + 2e-4 and down <= 1 + 2e-4
