"""The arranger: rows are chosen one by one, each for what it adds to those above it, then every
cell takes the best item that fits its row, the cells that members look at most first.

What is maximised is attention times worth: ``stages/arranging/choosing.py``. Chance comes last,
at declared points and with exact probabilities: ``stages/arranging/chance.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pasand.domain.page import Page, Row
from pasand.domain.query import Query
from pasand.errors import InvalidSettings
from pasand.stages.arranging.attention import attention_of
from pasand.stages.arranging.chance import Chance, explored, swapped
from pasand.stages.arranging.choosing import Taste
from pasand.stages.arranging.claims import claimed, hero_of
from pasand.stages.arranging.composing import Composer, Order
from pasand.stages.arranging.holding import MOVED_MAX, held_in, last_places
from pasand.stages.arranging.proposed import Proposed
from pasand.stages.arranging.shares import SHARES, share_of
from pasand.stages.models import Models

__all__ = ["Config", "StagewiseArranger"]

#: Kinds that claim their items before rows compete, in this order.
CLAIMING = ("continue", "top-10", "my-list")
#: On an endless page a row comes back, with other titles, only once every other has been there.
SHOWN_AGAIN = 1e-6


@dataclass(frozen=True, slots=True)
class Config:
    """What counts beside attention and worth, and where chance may enter.

    ``bonus``: what a kind of row is worth more, as a share; ``repeat``: the share that each
    further row of a kind loses; ``cap``: how many rows of a kind there may be; ``band``: the last
    place at which a claiming kind may stand (0 is the first row below the hero); ``pin``: the
    place of a row, by its id. ``row_fatigue``: after so many impressions without an act a row is
    worth half.

    ``sharpness``: the power that worths are taken to. What an item is worth is a chance among
    hundreds, and flat; taken as it is, rows of many fair titles stand above the row that holds
    the best ones, and genres count for more than titles do.

    ``floor`` is added to every cell's attention: what stands far down is still found by who
    scrolls. ``calibration``: how much the member's mix of genres counts, 0 for not at all.
    ``coherence``: what a row is worth that keeps all of last time's titles in sight, as a share
    of the best row. ``shares``: least and greatest share of the page's cells that are "new" (in
    the catalogue for ``new_days`` at most) or "local" (in the member's language).

    ``swap_share`` of the pages have the first ``swap_columns`` cells of their first
    ``swap_rows`` rows shuffled, rows among each other and cells within a row, which is how
    attention is learned; ``explore_share`` of the cells are drawn from what fits their row and
    found no place.
    """

    bonus: Mapping[str, float] = field(default_factory=dict)
    repeat: float = 0.02
    cap: Mapping[str, int] = field(default_factory=dict)
    band: Mapping[str, int] = field(
        default_factory=lambda: {"continue": 0, "top-10": 9, "my-list": 4}
    )
    pin: Mapping[str, int] = field(default_factory=dict)
    row_fatigue: float = 60.0
    sharpness: float = 2.0
    floor: float = 0.2
    calibration: float = 1.2
    coherence: float = 0.3
    shares: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    new_days: float = 60.0
    swap_share: float = 0.01
    swap_rows: int = 6
    swap_columns: int = 6
    explore_share: float = 0.01

    def __post_init__(self) -> None:
        unknown = set(self.shares) - set(SHARES)
        if unknown:
            raise InvalidSettings(
                f"There is no share of what is {min(unknown)}.",
                field="stages.stagewise.shares",
                fix=f"Known are: {', '.join(SHARES)}.",
            )


class StagewiseArranger:
    """Hero, Continue watching, then rows by what they add; claiming kinds within their bands.

    An item takes one cell: where several rows want it, Continue watching comes first, then
    Top 10 (its ranks stay true, so a title that stands above leaves a gap), My list, the rest.
    """

    def __init__(self, config: Config, models: Models) -> None:
        self.config = config
        self.models = models
        self.chance = Chance(
            config.swap_share, config.swap_rows, config.swap_columns, config.explore_share
        )

    def __call__(self, query: Query, rows: Sequence[Row]) -> Page:
        """Return the page."""
        rows = [row for row in rows if len(row)]
        used = np.zeros(len(query.catalog) + 1, bool)
        # A kind whose place lies below the page leaves its items to other rows.
        kinds = [kind for kind in CLAIMING if self.config.band.get(kind, 0) < query.row_count - 1]
        fresh = [row for row in rows if row.row_id not in query.shown_rows]
        claims = claimed(fresh, kinds, used, query.column_count)
        hero = hero_of(query, rows, used)
        top = [] if hero is None else [hero]
        if hero is not None:
            used[hero.position] = True
        place_count = query.row_count - len(top)
        rest = [row for row in rows if row.kind not in CLAIMING]
        if place_count < 1 or not (claims or rest):
            return Page(rows=tuple(top[: query.row_count]))
        composer = self._composer(query, rest, used, place_count)
        order = Order(self.config.band, self.config.pin)
        shares = [
            (share_of(query, name, self.config.new_days), least, most)
            for name, (least, most) in self.config.shares.items()
        ]
        below = composer.compose(claims, order, self.config.calibration, shares)
        return self._with_chance(query, top, below, composer)

    def _composer(
        self, query: Query, rows: Sequence[Row], used: NDArray[np.bool_], place_count: int
    ) -> Composer:
        config, profile, columns = self.config, query.profile, query.column_count
        table = Proposed(rows, len(query.catalog), 3 * columns + 20, config.sharpness)
        attention = attention_of(self.models, query.device, place_count, columns)
        attention = (attention + config.floor) / (1.0 + config.floor)
        # What goes on below an earlier page has nothing to do with how that one began.
        last = {} if query.shown_rows else last_places(profile.last_order, query.catalog)
        tired = profile.tired_rows
        liking = np.array([
            (1.0 + config.bonus.get(row.kind, 0.0))
            / (1.0 + tired.get(row.row_id, 0) / config.row_fatigue)
            * (SHOWN_AGAIN if row.row_id in query.shown_rows else 1.0)
            for row in rows
        ])  # fmt: skip
        held = held_in(table, list(last), len(query.catalog))
        until = np.array(list(last.values()), np.intp) + MOVED_MAX
        taste = Taste(liking, config.repeat, config.cap, held, until, config.coherence)
        return Composer(query, table, attention, used, last, taste)

    def _with_chance(
        self, query: Query, top: Sequence[Row], below: Sequence[Row], composer: Composer
    ) -> Page:
        rng = query.rng("arranger")
        rows, swap = swapped(below, composer.movable, self.chance, rng)
        rows, draws = explored(rows, composer.spare, query.column_count, self.chance, rng)
        for told in (swap, *draws) if swap else draws:
            told["row"] = np.add(told["row"], len(top)).tolist()
        chance = {name: told for name, told in (("swap", swap), ("explore", draws)) if told}
        return Page(rows=(*top, *rows), chance=chance)
