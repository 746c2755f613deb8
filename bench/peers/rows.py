"""The rows of the comparison: which models meet on which data.

A row is a data set, a protocol and whether the moment of the request is known; its models get the
same training events, validation items, minutes and cores, and are ranked by the same code.
"""

from __future__ import annotations

from dataclasses import dataclass

from models import MODELS, ours

__all__ = ["ROWS", "Row", "chosen_rows"]

#: What each model is given, but where it may train for as long as it gains.
MINUTES = 30.0


@dataclass(frozen=True)
class Row:
    """``length``: how many events back the peers' transformers look. ``bars``: those of our own
    models that the others of ours are held against, beside all peers. ``patience``: a training
    ends by itself after so many epochs without a gain.
    """

    name: str
    data: str
    protocol: str
    request_time: str
    models: tuple[str, ...]
    length: int = 200
    minutes: float = MINUTES
    patience: int = 0
    slices: tuple[str, ...] = ("all", "visit")
    bars: tuple[str, ...] = ()

    def is_bar(self, model: str) -> bool:
        """Return whether a model is one that ours are held against."""
        return model in self.bars or not MODELS[model].ours


KNN = ("lenskit-item-knn", "rectools-item-knn")
SOLVED = ("lenskit-popular", *KNN, "lenskit-ease", "rectools-ease", "implicit-als")
SASREC = ("rectools-sasrec", "rectools-sasrec-sampled")
STANDING = ours("popular", "popular-all", "covisit", "ease", "covisit+ease", "item-knn", "ials")

ROWS = (
    Row(
        "ml-1m-loo-timed",
        "ml-1m",
        "leave-one-out",
        "known",
        (
            *SOLVED,
            *SASREC,
            "rectools-hstu",
            *STANDING,
            *ours("fusion", "sequence", "sequence-content", "sequence+fusion"),
        ),
    ),
    Row(
        "ml-1m-loo",
        "ml-1m",
        "leave-one-out",
        "unknown",
        (
            *SOLVED,
            *SASREC,
            "rectools-hstu-untimed",
            *STANDING,
            *ours("fusion", "sequence+fusion"),
        ),
    ),
    Row(
        "ml-1m-time",
        "ml-1m",
        "time",
        "known",
        (
            *SOLVED,
            "rectools-sasrec",
            "rectools-hstu",
            *STANDING,
            *ours("blend", "fusion", "sequence+fusion"),
        ),
        bars=ours("popular", "covisit+ease"),
    ),
    Row(
        "amazon-beauty-loo",
        "amazon-beauty",
        "leave-one-out",
        "none",
        (
            *SOLVED,
            *SASREC,
            *ours("popular-all", "covisit", "item-knn", "session-knn", "ials"),
            *ours("fusion", "sequence+fusion", "sequence-content+fusion"),
        ),
        length=50,
        patience=15,
        slices=("all",),
    ),
    # Most of a day's articles are new that day, which a peer's trained weights cannot know.
    Row(
        "globo-day",
        "globo-clicks",
        "day",
        "known",
        (
            "lenskit-popular",
            *ours("popular", "trending", "session-knn", "fusion", "sequence+fusion"),
        ),
        length=50,
        slices=("all", "known-item"),
        bars=ours("popular", "session-knn"),
    ),
    Row(
        "yoochoose-session",
        "yoochoose-100k",
        "session",
        "known",
        (
            "lenskit-popular",
            *KNN,
            "wsknn",
            "rectools-sasrec",
            *ours("session-knn", "item-knn", "covisit", "fusion", "sequence+fusion"),
        ),
        length=50,
        patience=15,
        slices=("all",),
        bars=ours("session-knn"),
    ),
    # Titles that nobody has taken: the library's models know no content, so there is no peer.
    Row(
        "ml-1m-hidden",
        "ml-1m",
        "hidden-items",
        "known",
        ours("genre-popular", "sequence-content"),
        slices=("all",),
        bars=ours("genre-popular"),
    ),
    # Until validation stops improving, over as many runs as that takes; see bench/gpu/.
    Row(
        "ml-1m-loo-converged",
        "ml-1m",
        "leave-one-out",
        "known",
        ("rectools-sasrec", "rectools-hstu", "rectools-hstu-large", *ours("sequence")),
        minutes=24 * 60.0,
        patience=10,
    ),
)


def chosen_rows(names: list[str]) -> list[Row]:
    """Return the rows of these names; without any, all but those trained to convergence."""
    if not names:
        return [row for row in ROWS if row.minutes <= MINUTES]
    unknown = set(names) - {row.name for row in ROWS}
    if unknown:
        known = ", ".join(row.name for row in ROWS)
        raise SystemExit(f"There is no row {', '.join(sorted(unknown))}. Choose from {known}.")
    return [row for row in ROWS if row.name in names]
