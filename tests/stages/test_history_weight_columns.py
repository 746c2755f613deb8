"""Goal: what a page follows from weighs what the installation's weights say."""

from __future__ import annotations

import pytest

from pasand.domain.fold import fold
from pasand.domain.profile import Profile
from pasand.domain.weights import STREAMING, weights_of
from pasand.stages.columns import history
from pasand.testing import samples


def profile_of(*kinds: tuple[str, float]) -> Profile:
    """Return a profile in which item n was done the nth of ``kinds`` with."""
    events = [
        samples.event(
            f"e{n}", kind, item_id=f"i{n}", occurred_ms=samples.NOW_MS + n, payload={"value": value}
        )
        for n, (kind, value) in enumerate(kinds)
    ]
    return fold(Profile(member_id="m1"), events, lambda item_id: None)


@pytest.mark.parametrize(
    ("kind", "value", "weight"),
    [
        ("play_start", 0, 1.0), ("rewatch", 0, 1.0), ("complete", 0, 1.0), ("purchase", 0, 1.0),
        ("list_add", 0, 0.7), ("cart_add", 0, 0.7), ("search_click", 0, 0.4), ("view", 0, 0.3),
        ("thumb", 2, 1.5), ("thumb", 1, 1.0), ("thumb", -1, 0.0), ("abandon", 0, 0.0),
        ("rating", 5, 1.0), ("rating", 3, 1.0), ("rating", 2, 0.5), ("return", 0, 0.0),
    ],
)  # fmt: skip
def test_what_an_entry_weighs(kind: str, value: float, weight: float) -> None:
    profile = profile_of((kind, value))
    assert [entry[:2] for entry in history(profile, STREAMING)] == [("i0", weight)][: weight > 0]
    # A number beside the preset holds here too; a kind that counts nothing steers nothing.
    name = "play_start" if kind == "rewatch" else kind
    if weight:
        double = weights_of(history={name: 2 * STREAMING.history[name]})
        assert history(profile, double)[0][1] == 2 * weight
        assert history(profile, weights_of(kinds={name: 0})) == []
