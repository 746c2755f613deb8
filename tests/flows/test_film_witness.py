"""Goal: what a recogniser is unsure of, arithmetic answers; what it knows goes with the still."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pasand.adapters.vision_shelf import ModelShelf
from pasand.flows.film_witness import RecognisingWitness
from pasand.stages.film.sights import PlainWitness
from pasand.vision_wiring import make_recogniser


def test_without_a_model_arithmetic_answers(tmp_path: Path) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (90, 160, 3), np.uint8)
    plain = PlainWitness().look(picture)
    seen = RecognisingWitness(make_recogniser(ModelShelf(tmp_path))).look(picture)
    assert not seen.faces and not seen.shot and not seen.people
    assert seen.vector == plain.vector and seen.lettering == plain.lettering
    assert seen.facts["components"] == [] or all(":" in one for one in seen.facts["components"])
    assert "look" in seen.facts and "vector" not in seen.facts
