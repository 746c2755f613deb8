"""How large the sequence model is, and how long and on what it is trained."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SequenceShape", "SequenceTraining"]


@dataclass(frozen=True, slots=True)
class SequenceShape:
    """``width`` of every vector; ``head_count`` parts of it attend by themselves; ``window``:
    events that one prediction may look back on; ``bend_s``: the ages in seconds at which the
    hyperbolas of the decaying bias have halved; ``temperature`` of the cosine head;
    ``content_width`` of what describes an item (``content.py``).
    """

    width: int = 64
    block_count: int = 2
    head_count: int = 2
    window: int = 200
    bend_s: tuple[float, ...] = (30.0, 600.0, 14_400.0, 259_200.0, 5_184_000.0)
    temperature: float = 0.05
    content_width: int = 128


@dataclass(frozen=True, slots=True)
class SequenceTraining:
    """``second_max`` ends a training by time, ``epoch_max`` by passes over the data, and so do
    ``patience`` looks at the validation items without a gain. ``full_softmax_max``: catalogues up
    to this size are normalised over every item, larger ones over ``negative_count`` shared draws
    and the items of the batch, corrected for how likely each was to be there.

    ``id_dropout``: how often an item must do with its content alone, so that new ones can;
    ``time_dropout``: how often the moment of the request is kept from the model, so that it also
    works where it is not known. ``outcome_share``: what the heads beside the next item count.
    ``average``: how slowly the averaged weights, which are the ones kept, follow.
    """

    seed: int = 1
    epoch_max: int = 60
    second_max: float = 0.0
    patience: int = 4
    batch_size: int = 128
    learning_rate: float = 1.5e-3
    warmup_steps: int = 100
    weight_decay: float = 0.01
    dropout: float = 0.2
    id_dropout: float = 0.1
    time_dropout: float = 0.3
    outcome_share: float = 0.1
    average: float = 0.998
    full_softmax_max: int = 8_000
    negative_count: int = 2_048
    validation_count: int = 2_000
    validate_every: int = 1
    refit_share: float = 0.1
    half_precision: bool = True
