"""What an installation's settings change of the tables that come with Pasand: how much events
count, and what kinds of event foreign names stand for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pasand.domain.foreign import Ignored, Merges, Raw, kinds_by_name
from pasand.domain.map_ga4 import GA4_KINDS, ga4_events
from pasand.domain.map_segment import SEGMENT_KINDS, segment_events
from pasand.domain.weights import Weights, weights_of
from pasand.settings import Settings

__all__ = ["foreign_kinds", "mappings_in", "weights_in"]


def weights_in(settings: Settings) -> Weights:
    """Return the weights that ``[weights]`` of the settings asks for.

    Raises:
        InvalidSettings: no such preset, no such kind of event, or a number out of range.
    """
    chosen = settings.weights
    return weights_of(
        chosen.preset,
        chosen.kinds,
        taste=chosen.taste,
        interaction=chosen.interaction,
        popular=chosen.popular,
        history=chosen.history,
    )


def foreign_kinds(settings: Settings) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the kinds that names of Segment's and of GA4's events stand for.

    Raises:
        InvalidSettings: a name is to stand for a kind that there is not.
    """
    changed = settings.mappings
    return (
        kinds_by_name(SEGMENT_KINDS, changed.segment, "mappings.segment"),
        kinds_by_name(GA4_KINDS, changed.ga4, "mappings.ga4"),
    )


def mappings_in(settings: Settings) -> dict[str, Callable[..., list[Raw] | Ignored | Merges]]:
    """Return how an event that was set aside is said in our words, by whose words it was in."""
    segment, ga4 = foreign_kinds(settings)
    return {
        "segment": lambda call: segment_events(call, segment),
        # It was kept in the body it came in, with no other event.
        "ga4": lambda sent: ga4_events(sent["events"][0], sent, ga4),
    }
