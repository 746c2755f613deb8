"""The peers that are solved at once: EASE, item-kNN, iALS, popularity and session-kNN.

Each family offers a few settings, worst guesses last. They are tried on the validation items in
that order for as long as half the budget lasts, and the best one is trained again on everything.
Scores come from the libraries where they are quick enough at it, from their matrices elsewhere.
"""

from __future__ import annotations

import itertools
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from task import Queries, Task, Work, ndcg_at_10, rank_queries

Scorer = Callable[[Queries], Callable[[NDArray[np.int64]], NDArray[np.float32]]]
Settings = dict[str, Any]


def main() -> None:
    """Choose the settings, train on everything, rank."""
    warnings.simplefilter("ignore")
    work = Work()
    task = Task.read(work.task_folder, work.timed_request)
    fit, library = FAMILIES[work.options["kind"]]
    work.note(versions={name: version(name) for name in library}, curve=[])
    clock = work.start()
    chosen = choose(fit, task, work)
    scorer = fit(task, task.training(everything=True), chosen, work.seed)
    train_s = clock.spent_s
    began_s = time.monotonic()
    rank = rank_queries(task.targets, task.item_count, scorer(task.targets), told="ranked")
    work.note(chosen=chosen, spent_s=train_s)
    work.finish(rank, train_s, began_s)


def choose(fit: Callable[..., Scorer], task: Task, work: Work) -> Settings:
    """Return the settings whose model ranks the validation items best."""
    clock = work.start()
    grid = list(settings(work.options.get("grid", {})))
    best, chosen = -1.0, grid[0]
    for tried in grid if len(grid) > 1 else []:
        scorer = fit(task, task.training(everything=False), tried, work.seed)
        score = scorer(task.validation)
        ndcg = ndcg_at_10(rank_queries(task.validation, task.item_count, score))
        work.looked(clock.spent_s, ndcg, **tried)
        if ndcg > best:
            best, chosen = ndcg, tried
        if clock.spent_s > 0.5 * clock.budget_s:
            print("  half the time is spent: no more settings", file=sys.stderr, flush=True)
            break
    return chosen


def settings(grid: dict[str, list[Any]]) -> Iterator[Settings]:
    """Yield every combination, the last name's values fastest."""
    for values in itertools.product(*grid.values()):
        yield dict(zip(grid, values, strict=True))


def matrix(task: Task, rows: NDArray[np.bool_]) -> sparse.csr_matrix:
    """Return who took what, 1 however often."""
    members = int(task.member.max(initial=-1)) + 1
    pairs = np.unique(np.stack([task.member[rows], task.item[rows]]), axis=1)
    ones = np.ones(pairs.shape[1], np.float32)
    return sparse.csr_matrix((ones, tuple(pairs)), (members, task.item_count))


def histories(queries: Queries, rows: NDArray[np.int64], item_count: int) -> sparse.csr_matrix:
    """Return what each row's history holds, 1 however often."""
    row, item = queries.entries(rows)
    found = sparse.csr_matrix((np.ones(len(row), np.float32), (row, item)), (len(rows), item_count))
    found.data[:] = 1.0
    return found


def by_product(weights: Any, item_count: int) -> Scorer:
    """Return scores as history times an item-by-item matrix."""

    def scorer(queries: Queries) -> Callable[[NDArray[np.int64]], NDArray[np.float32]]:
        def score(rows: NDArray[np.int64]) -> NDArray[np.float32]:
            product = histories(queries, rows, item_count) @ weights
            dense = product.toarray() if sparse.issparse(product) else product
            return np.asarray(dense, np.float32)

        return score

    return scorer


def rectools_ease(task: Task, rows: NDArray[np.bool_], tried: Settings, seed: int) -> Scorer:
    """Fit RecTools' EASE."""
    from rectools.models import EASEModel

    dataset, items = rectools_dataset(task, rows)
    model = EASEModel(regularization=tried["regularization"])
    model.fit(dataset)
    # Its recommend() multiplies histories with the transposed weights, unlike the paper and
    # LensKit. What it recommends is what is measured.
    return by_product(spread(model.weight.T, items, task.item_count), task.item_count)


def rectools_knn(task: Task, rows: NDArray[np.bool_], tried: Settings, seed: int) -> Scorer:
    """Fit the item-kNN that RecTools wraps."""
    from implicit.nearest_neighbours import CosineRecommender
    from rectools.models import ImplicitItemKNNWrapperModel

    dataset, items = rectools_dataset(task, rows)
    model = ImplicitItemKNNWrapperModel(CosineRecommender(K=tried["neighbours"]))
    model.fit(dataset)
    near = model.model.similarity.tocoo()
    shape = (task.item_count, task.item_count)
    return by_product(
        sparse.csr_matrix((near.data, (items[near.row], items[near.col])), shape), task.item_count
    )


def rectools_dataset(task: Task, rows: NDArray[np.bool_]) -> tuple[Any, NDArray[np.int64]]:
    """Return the library's data set, and our item of each of its own."""
    import pandas as pd
    from rectools import Columns
    from rectools.dataset import Dataset

    taken = matrix(task, rows).tocoo()
    frame = pd.DataFrame(
        {
            Columns.User: taken.row,
            Columns.Item: taken.col,
            Columns.Weight: 1.0,
            Columns.Datetime: pd.Timestamp("2000-01-01"),
        }
    )
    dataset = Dataset.construct(frame)
    return dataset, dataset.item_id_map.get_external_sorted_by_internal().astype(np.int64)


def spread(weights: NDArray[Any], items: NDArray[np.int64], count: int) -> NDArray[np.float32]:
    """Return the weights in places of our items, zero for those unknown."""
    whole = np.zeros((count, count), np.float32)
    whole[np.ix_(items, items)] = weights
    return whole


def implicit_als(task: Task, rows: NDArray[np.bool_], tried: Settings, seed: int) -> Scorer:
    """Fit implicit's ALS; members are folded in from their history, as it stands."""
    from implicit.cpu.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(**tried, iterations=15, random_state=seed)
    model.fit(matrix(task, rows), show_progress=False)

    def scorer(queries: Queries) -> Callable[[NDArray[np.int64]], NDArray[np.float32]]:
        def score(asked: NDArray[np.int64]) -> NDArray[np.float32]:
            taken = histories(queries, asked, task.item_count)
            members = model.recalculate_user(np.arange(len(asked)), taken)
            return np.asarray(members @ model.item_factors.T, np.float32)

        return score

    return scorer


def lenskit_scorer(component: Any) -> Callable[..., Scorer]:
    """Return a family of one of LensKit's components, asked one history at a time."""

    def fit(task: Task, rows: NDArray[np.bool_], tried: Settings, seed: int) -> Scorer:
        import pandas as pd
        from lenskit.data import ItemList, RecQuery, from_interactions_df

        taken = matrix(task, rows).tocoo()
        frame = pd.DataFrame({"user_id": taken.row, "item_id": taken.col})
        model = component(tried)
        model.train(from_interactions_df(frame))
        every = ItemList(item_ids=np.arange(task.item_count))
        # What came up after the training span makes its item-kNN read out of bounds.
        known = np.unique(taken.col)

        def scorer(queries: Queries) -> Callable[[NDArray[np.int64]], NDArray[np.float32]]:
            def score(asked: NDArray[np.int64]) -> NDArray[np.float32]:
                found = np.empty((len(asked), task.item_count), np.float32)
                for r, row in enumerate(asked):
                    had = np.intersect1d(queries.item[queries.history(row)], known)
                    query = RecQuery(user_items=ItemList(item_ids=had))
                    found[r] = model(query=query, items=every).scores()
                return found

            return score

        return scorer

    return fit


def lenskit_ease(tried: Settings) -> Any:
    """Return LensKit's EASE."""
    from lenskit.knn import EASEScorer

    return EASEScorer(regularization=tried["regularization"])


def lenskit_knn(tried: Settings) -> Any:
    """Return LensKit's item-kNN for implicit feedback."""
    from lenskit.knn import ItemKNNScorer

    return ItemKNNScorer(max_nbrs=tried["neighbours"], save_nbrs=tried["kept"], feedback="implicit")


def lenskit_popular(task: Task, rows: NDArray[np.bool_], tried: Settings, seed: int) -> Scorer:
    """Fit LensKit's popularity: one list for everybody."""
    import pandas as pd
    from lenskit.basic import PopScorer
    from lenskit.data import ItemList, from_interactions_df

    frame = pd.DataFrame({"user_id": task.member[rows], "item_id": task.item[rows]})
    model = PopScorer(score="count")
    model.train(from_interactions_df(frame.drop_duplicates()))
    every = model(ItemList(item_ids=np.arange(task.item_count))).scores().astype(np.float32)

    def scorer(queries: Queries) -> Callable[[NDArray[np.int64]], NDArray[np.float32]]:
        return lambda asked: np.tile(every, (len(asked), 1))

    return scorer


def session_knn(task: Task, rows: NDArray[np.bool_], tried: Settings, seed: int) -> Scorer:
    """Fit WSKNN, a session-kNN after Ludewig and Jannach (2018), on members as sessions."""
    from wsknn.model.wsknn import WSKNN

    sessions = sessions_of(task, rows)
    model = WSKNN(
        number_of_recommendations=task.item_count,
        number_of_neighbors=tried["neighbours"],
        # Its other choice, by items in common, keeps the sessions with the fewest of them.
        sampling_strategy="recent",
        sample_size=tried["sampled"],
        weighting_func=tried["weighting"],
        ranking_strategy=tried["ranking"],
        return_events_from_session=False,
    )
    model.fit(sessions)

    def scorer(queries: Queries) -> Callable[[NDArray[np.int64]], NDArray[np.float32]]:
        def score(asked: NDArray[np.int64]) -> NDArray[np.float32]:
            found = np.zeros((len(asked), task.item_count), np.float32)
            for r, row in enumerate(asked):
                span = queries.history(row)
                at_s = (queries.at_ms[span] // 1000).tolist()
                # No neighbour, no answer: then all items are alike.
                for item, value in model.recommend([queries.item[span].tolist(), at_s]) or ():
                    found[r, item] = value
            return found

        return score

    return scorer


def sessions_of(task: Task, rows: NDArray[np.bool_]) -> dict[int, tuple[list[int], list[int]]]:
    """Return each member's items and their seconds."""
    member, item = task.member[rows], task.item[rows].tolist()
    at_s = (task.at_ms[rows] // 1000).tolist()
    first = np.flatnonzero(np.diff(member, prepend=-1)).tolist()
    return {
        int(member[low]): (item[low:high], at_s[low:high])
        for low, high in zip(first, [*first[1:], len(item)], strict=True)
    }


FAMILIES: dict[str, tuple[Callable[..., Scorer], tuple[str, ...]]] = {
    "rectools-ease": (rectools_ease, ("rectools",)),
    "rectools-knn": (rectools_knn, ("rectools", "pm-implicit")),
    "implicit-als": (implicit_als, ("pm-implicit",)),
    "lenskit-ease": (lenskit_scorer(lenskit_ease), ("lenskit",)),
    "lenskit-knn": (lenskit_scorer(lenskit_knn), ("lenskit",)),
    "lenskit-popular": (lenskit_popular, ("lenskit",)),
    "wsknn": (session_knn, ("wsknn",)),
}


if __name__ == "__main__":
    main()
