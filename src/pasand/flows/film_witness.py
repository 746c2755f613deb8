"""StillWitness by the recogniser of pictures: its facts of a still in the words of stills."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pasand.domain.picture_facts import PictureFacts, components_of, facts_to_json
from pasand.picture_ports import Recogniser
from pasand.stages.film.sights import PlainWitness, Sight
from pasand.video_ports import Pixels

__all__ = ["RecognisingWitness", "sight_of"]


class RecognisingWitness:
    """Asks a recogniser; what it is unsure of, arithmetic answers as far as it can."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self._plain = PlainWitness()

    def look(self, picture: Pixels) -> Sight:
        """Return what is to be said of a picture."""
        facts = self._recogniser.recognise(picture)
        told = {**facts_to_json(facts), "components": list(components_of(facts))}
        return sight_of(facts, told, self._plain.look(picture))


def sight_of(facts: PictureFacts, told: dict[str, Any], plain: Sight) -> Sight:
    """Return a recogniser's facts as a sight; ``plain`` stands in for what it does not know."""
    composed, vector = facts.composition, facts.vector
    subject = composed.subject if composed is not None else None
    # Vectors of a file are not here; those of another model are not compared.
    line = tuple(vector.unpacked().tolist()) if vector is not None and vector.values else ()
    # Vectors belong to the sidecar of the artwork they are of, not into its record.
    told.pop("vector", None)
    return Sight(
        faces=tuple((_plain(face.box), float(face.frontal)) for face in facts.faces),
        subject=_plain(subject) if subject is not None else plain.subject,
        shot=facts.shot.name if facts.shot is not None else "",
        people=facts.people.name if facts.people is not None else "",
        mood=facts.mood.words[0].name if facts.mood is not None and facts.mood.words else "",
        # A still is left out by the measure that its limit was set for.
        lettering=plain.lettering,
        unsafe=plain.unsafe,
        vector=line or plain.vector,
        facts=told,
    )


def _plain(box: Iterable[float]) -> tuple[float, float, float, float]:
    left, top, width, height = box
    return left, top, width, height
