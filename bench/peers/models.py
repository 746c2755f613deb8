"""The models of the comparison: the script that trains each, its options, what it hangs on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["MODELS", "Model", "ours"]

Options = dict[str, Any]


@dataclass(frozen=True)
class Model:
    """``pins`` are the packages of requirements.txt that its results depend on. ``timed`` models
    use the moment of the request; the others give one result for both rows.
    """

    name: str
    script: str
    options: Options = field(default_factory=dict)
    pins: tuple[str, ...] = ()
    timed: bool = False

    @property
    def ours(self) -> bool:
        """Return whether it is one of Pasand's own."""
        return self.script == "ours.py"


SOFTMAX = {"loss": "softmax"}
SAMPLED = {"loss": "sampled_softmax", "n_negatives": 128}
SHARED = {"n_blocks": 2, "n_heads": 1, "dropout_rate": 0.2, "lr": 0.001, "batch_size": 128}
SASREC = SHARED | {"kind": "sasrec", "n_factors": 64}
# As in RecTools' tutorial of it.
HSTU = SHARED | {
    "kind": "hstu",
    "n_factors": 50,
    "lightning_module_kwargs": {"logits_t": 0.05},
    "relative_pos_attention": True,
    "relative_time_attention": True,
}
# One switch of RecTools' is for the times of history and request both, so where the request's is
# hidden its HSTU has the positions alone.
HSTU_UNTIMED = HSTU | {"relative_time_attention": False}
HSTU_LARGE = HSTU | {"n_blocks": 8, "n_heads": 2}

RIDGES = {"regularization": [500.0, 200.0, 1000.0, 100.0, 2000.0]}
NEIGHBOURS = {"neighbours": [50, 100, 20, 200]}
FACTORS = {
    "factors": [64, 128],
    "alpha": [10.0, 1.0, 40.0],
    "regularization": [0.1, 10.0, 1.0],
}
SESSIONS = {
    "neighbours": [100, 500],
    "sampled": [1000],
    "weighting": ["linear", "quadratic"],
    "ranking": ["linear", "inv"],
}

#: Our models by their names in ``pasand evaluate``.
OURS = (
    "popular",
    "popular-all",
    "genre-popular",
    "trending",
    "item-knn",
    "covisit",
    "ease",
    "ials",
    "session-knn",
    "covisit+ease",
    "blend",
    "fusion",
    "sequence",
    "sequence+fusion",
)
#: The sequence model again: told what each item is, and as it is shipped (see ``ours.py``).
VARIANTS = {
    "sequence-content": {"model": "sequence", "content": True},
    "sequence-content+fusion": {"model": "sequence+fusion", "content": True},
    "sequence-refit": {"model": "sequence", "refit": True},
}


def transformer(name: str, options: Options, timed: bool = False) -> Model:
    """Return a transformer of RecTools."""
    pins = ("rectools", "torch", "pytorch-lightning")
    return Model(f"rectools-{name}", "transformer_peers.py", options, pins, timed)


def solved(name: str, kind: str, grid: Options, *pins: str) -> Model:
    """Return a model that is solved at once, for each of a grid's settings."""
    return Model(name, "solved_peers.py", {"kind": kind, "grid": grid}, pins)


def ours(*names: str) -> tuple[str, ...]:
    """Return our models' names in the tables."""
    return tuple(f"pasand-{name}" for name in names)


_ALL = (
    transformer("sasrec", SASREC | SOFTMAX),
    transformer("sasrec-sampled", SASREC | SAMPLED),
    transformer("hstu", HSTU | SOFTMAX, timed=True),
    transformer("hstu-sampled", HSTU | SAMPLED, timed=True),
    transformer("hstu-large", HSTU_LARGE | SOFTMAX, timed=True),
    transformer("hstu-untimed", HSTU_UNTIMED | SOFTMAX),
    solved("rectools-ease", "rectools-ease", RIDGES, "rectools"),
    solved("rectools-item-knn", "rectools-knn", NEIGHBOURS, "rectools", "pm-implicit"),
    solved("implicit-als", "implicit-als", FACTORS, "pm-implicit"),
    solved("lenskit-ease", "lenskit-ease", RIDGES, "lenskit", "torch"),
    solved("lenskit-item-knn", "lenskit-knn", NEIGHBOURS | {"kept": [1000]}, "lenskit"),
    solved("lenskit-popular", "lenskit-popular", {}, "lenskit"),
    solved("wsknn", "wsknn", SESSIONS, "wsknn"),
    *(Model(f"pasand-{name}", "ours.py", {"model": name}, timed=True) for name in OURS),
    *(Model(f"pasand-{name}", "ours.py", given, timed=True) for name, given in VARIANTS.items()),
)
MODELS = {model.name: model for model in _ALL}
