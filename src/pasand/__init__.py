"""Pasand: a personalisation engine for streaming services and shops, and its models as a library.

The models are loaded when they are first named: commands that need none of them start at once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pasand.library.blend_model import BlendRecommender
    from pasand.library.comparing import compare
    from pasand.library.item_models import (
        AlsRecommender,
        ItemKnnRecommender,
        SessionKnnRecommender,
    )
    from pasand.library.models import (
        CovisitRecommender,
        EaseRecommender,
        PopularRecommender,
    )
    from pasand.library.plotting import Plot, plot
    from pasand.library.recommender import Recommender, UnknownMemberWarning
    from pasand.library.sequence_model import SequenceRecommender

__all__ = [
    "AlsRecommender",
    "BlendRecommender",
    "CovisitRecommender",
    "EaseRecommender",
    "ItemKnnRecommender",
    "Plot",
    "PopularRecommender",
    "Recommender",
    "SequenceRecommender",
    "SessionKnnRecommender",
    "UnknownMemberWarning",
    "__version__",
    "compare",
    "plot",
]

__version__ = "0.1.0"

#: Where each name of the library is found.
_HOMES = {
    "AlsRecommender": "item_models",
    "BlendRecommender": "blend_model",
    "CovisitRecommender": "models",
    "EaseRecommender": "models",
    "ItemKnnRecommender": "item_models",
    "Plot": "plotting",
    "PopularRecommender": "models",
    "Recommender": "recommender",
    "SequenceRecommender": "sequence_model",
    "SessionKnnRecommender": "item_models",
    "UnknownMemberWarning": "recommender",
    "compare": "comparing",
    "plot": "plotting",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"pasand.library.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
