"""Measure our picture policy on Upworthy's tests that vary only the picture, beside plain bandits.

``.venv/bin/python bench/pictures/upworthy.py --data ../shared --out FILE``. A test's arms earn as
their real clicks say (Bernoulli with the observed rate); every policy serves the test's own number
of impressions, and learns a hundred times on the way. No members and no components are known, so
what is measured is the posterior with its prior shared over titles, and its exact chances. Regret
is the expected clicks lost to the test's best arm. Settings were looked at on the tests of the
first half (by hash of their id); figures are of the other half.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np

from pasand.cli.options import figure, write_figures
from pasand.domain.catalog import Artwork, Catalog, Item
from pasand.domain.counters import Counters
from pasand.domain.picture_counts import PictureSums
from pasand.stages.artists.personal import Config
from pasand.stages.picturing.chance import probabilities
from pasand.stages.picturing.posterior import posterior_of

STEPS = 100
SEEDS = 2
#: Of a test's impressions that explore-then-commit spends on exploring; the best of those tried.
EXPLORED = 0.2
SQL = """
select clickability_test_id as test, eyecatcher_id as picture, sum(impressions) as impressions,
       sum(clicks) as clicks
from read_parquet(?) as p
where (select count(distinct headline) from read_parquet(?) as q
       where q.clickability_test_id = p.clickability_test_id) = 1
  and eyecatcher_id is not null
group by 1, 2 order by 1, 2
"""

Chances = Callable[[np.ndarray, np.ndarray, int], np.ndarray]


class Tests:
    """Arms as padded tables: a row a test, a column an arm."""

    def __init__(self, path: Path, held_out: bool) -> None:
        rows = duckdb.execute(SQL, [str(path), str(path)]).fetchall()
        arms: dict[str, list[tuple[int, int]]] = {}
        for test, _, impressions, clicks in rows:
            half = hashlib.sha256(test.encode()).digest()[0] % 2 == 1
            if half == held_out:
                arms.setdefault(test, []).append((int(impressions), int(clicks)))
        tests = [one for one in arms.values() if len(one) > 1]
        width = max(map(len, tests))
        self.open = np.array([[n < len(one) for n in range(width)] for one in tests])
        self.rate = np.zeros(self.open.shape)
        self.rate[self.open] = [clicks / seen for one in tests for seen, clicks in one]
        self.horizon = np.array([sum(seen for seen, _ in one) for one in tests])
        items = [
            Item(item_id=f"t{n}", title="", artworks=tuple(
                Artwork(artwork_id=f"t{n}.{k}") for k in range(len(one))))
            for n, one in enumerate(tests)
        ]  # fmt: skip
        self.catalog = Catalog(items)
        names = [a.artwork_id for item in items for a in item.artworks]
        assert list(self.catalog.artwork.names) == names
        self.view = Counters().view()
        self.code = {name: code for code, name in enumerate(names)}


def ours(tests: Tests, config: Config) -> Chances:
    """Return our policy: the engine's own posterior and chances."""

    def chances(seen: np.ndarray, good: np.ndarray, step: int) -> np.ndarray:
        sums = replace(
            PictureSums.blank(), seen=seen[tests.open], good=good[tests.open],
            looks=np.zeros((len(tests.code), len(PictureSums.blank().look))),
        )  # fmt: skip
        view = replace(tests.view, artwork_code=tests.code, pictures=sums, _cache={})
        posterior = posterior_of(view, tests.catalog)
        code = np.full(tests.open.shape, -1)
        code[tests.open] = np.arange(len(tests.code))
        mean, variance = posterior.of_pictures(code, np.zeros(code.shape))
        spread = config.boldness * np.sqrt(variance)
        return probabilities(mean, spread, tests.open, config.floor)

    return chances


def uniform(tests: Tests) -> Chances:
    """Return the policy that learns nothing."""
    even = tests.open / tests.open.sum(axis=1, keepdims=True)
    return lambda seen, good, step: even


def explore_then_commit(tests: Tests) -> Chances:
    """Return the policy that is uniform first and then takes the best."""
    even = tests.open / tests.open.sum(axis=1, keepdims=True)

    def chances(seen: np.ndarray, good: np.ndarray, step: int) -> np.ndarray:
        if step < EXPLORED * STEPS:
            return even
        rate = np.where(tests.open, good / np.maximum(seen, 1), -1.0)
        return np.eye(rate.shape[1])[rate.argmax(axis=1)]

    return chances


def thompson(tests: Tests, rng: np.random.Generator) -> Chances:
    """Return Thompson sampling within each test: Beta(1, 1) for every arm."""

    def chances(seen: np.ndarray, good: np.ndarray, step: int) -> np.ndarray:
        draws = rng.beta(1.0 + good, 1.0 + np.maximum(seen - good, 0), (40, *seen.shape))
        best = np.where(tests.open, draws, -1.0).argmax(axis=2)
        return np.stack([(best == arm).mean(axis=0) for arm in range(seen.shape[1])], axis=1)

    return chances


def regret(tests: Tests, chances: Chances, rng: np.random.Generator) -> np.ndarray:
    """Return the clicks that each test loses to its best arm."""
    seen, good = np.zeros(tests.rate.shape), np.zeros(tests.rate.shape)
    edges = np.linspace(0, tests.horizon, STEPS + 1).astype(np.int64)
    for step in range(STEPS):
        chance = chances(seen, good, step)
        chance = chance / chance.sum(axis=1, keepdims=True)
        shown = rng.multinomial(edges[step + 1] - edges[step], chance)
        seen, good = seen + shown, good + rng.binomial(shown, tests.rate)
    gap = np.where(tests.open, tests.rate.max(axis=1, keepdims=True) - tests.rate, 0.0)
    return np.asarray((seen * gap).sum(axis=1))


def main() -> int:
    """Measure, print and write; return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--development", action="store_true", help="the half for settings")
    parser.add_argument("--boldness", type=float, default=Config().boldness)
    parser.add_argument("--floor", type=float, default=Config().floor)
    given = parser.parse_args()
    path = given.data / "data" / "upworthy" / "packages.parquet"
    tests = Tests(path, held_out=not given.development)
    config = Config(boldness=given.boldness, floor=given.floor)
    lost: dict[str, np.ndarray] = {}
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        for name, make in (
            ("ours", ours(tests, config)), ("uniform", uniform(tests)),
            ("explore then commit", explore_then_commit(tests)),
            ("Thompson per test", thompson(tests, rng)),
        ):  # fmt: skip
            lost[name] = lost.get(name, 0.0) + regret(tests, make, rng) / SEEDS
    draw = np.random.default_rng(0).integers(0, len(tests.rate), (2_000, len(tests.rate)))
    figures = []
    for name, other in lost.items():
        if name == "ours":
            continue
        drawn = lost["ours"][draw].sum(axis=1) / other[draw].sum(axis=1)
        low, high = np.quantile(drawn, (0.025, 0.975))
        value = float(lost["ours"].sum() / other.sum())
        print(f"against {name:20} {value:.3f} [{low:.3f}, {high:.3f}]; "
              f"clicks lost a test {lost['ours'].mean():.2f} and {other.mean():.2f}")  # fmt: skip
        row = figure("upworthy_regret_ratio", value, "", "lower", None, against=name,
                     tests=len(tests.rate), arms=int(tests.open.sum()), seeds=SEEDS)  # fmt: skip
        figures.append(row | {"low": float(low), "high": float(high)})
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    write_figures(given.out, "bench pictures upworthy", figures, {path.name: digest}, 0)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
