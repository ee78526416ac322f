"""Which database items are relevant to a query: those that share a class with it."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from tfretrieval.ids import exact_ids


class Relevance:
    """The one place that decides what is relevant: items that have at least one class in common.

    Labels are dense ids, ``[N]`` or ``[N, 1]`` integers, or multi-hot ``[N, classes]`` rows of 0
    and 1; queries and database use the same kind. An item without any class is relevant to nothing.

    Args:
        query_labels: labels of the queries.
        database_labels: labels of the database.

    Raises:
        ValueError: labels that are neither, of two kinds, or with different numbers of classes; ids
            that :func:`tfretrieval.ids.exact_ids` refuses.

    >>> Relevance([2, 7], [7, 2, 7]).items(1).tolist()
    [0, 2]
    >>> Relevance([[1, 1, 0]], [[0, 0, 1], [0, 1, 1], [0, 0, 0]]).items(0).tolist()
    [1]
    """

    def __init__(self, query_labels: ArrayLike, database_labels: ArrayLike) -> None:
        self._queries = _labels(query_labels, "query_labels")
        database = _labels(database_labels, "database_labels")
        if self._queries.ndim != database.ndim:
            raise ValueError("query and database labels must both be ids [N] or both be multi-hot")
        if self._queries.ndim == 2 and self._queries.shape[1] != database.shape[1]:
            raise ValueError(
                f"query labels have {self._queries.shape[1]} classes, "
                f"database labels {database.shape[1]}"
            )
        self.n_queries, self.n_database = len(self._queries), len(database)
        self._members: dict[int, np.ndarray] = {}
        self._by_class = np.empty((0, 0), bool)
        if database.ndim == 1:
            # Grouped once: a query then touches its own class only.
            order = np.argsort(database, kind="stable")
            classes, starts = np.unique(database[order], return_index=True)
            groups = np.split(order, starts)[1:]
            self._members = dict(zip(classes.tolist(), groups, strict=True))
        else:
            self._by_class = np.ascontiguousarray(database.T)

    def items(self, query: int) -> np.ndarray:
        """Positions of the relevant database items, ascending, int64 ``[R]``."""
        label = self._queries[query]
        if self._queries.ndim == 1:
            return self._members.get(int(label), np.empty(0, np.int64))
        return np.flatnonzero(self._by_class[label].any(axis=0))

    def by_class(self) -> np.ndarray:
        """Order of the queries that brings those of one class together, int64 ``[Q]``."""
        if self._queries.ndim == 1:
            return np.argsort(self._queries, kind="stable")
        return np.arange(self.n_queries)

    def groups(self, queries: np.ndarray, limit: int) -> Iterator[tuple[slice, np.ndarray]]:
        """Runs of at most ``limit`` queries that share their relevant items, and those items.

        Several labels an item make each query a run of its own.
        """
        labels = self._queries[queries]
        if labels.ndim == 1:
            cuts = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)]
        else:
            cuts = list(range(len(labels) + 1))
        for first, last in pairwise(cuts):
            items = self.items(queries[first])
            for start in range(first, last, limit):
                yield slice(start, min(start + limit, last)), items


def _labels(values: ArrayLike, name: str) -> np.ndarray:
    labels = np.asarray(values)
    if labels.dtype.kind == "O":
        labels = exact_ids(labels, name)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim not in (1, 2):
        raise ValueError(f"{name} must be ids [N] or multi-hot [N, classes], got {labels.shape}")
    if labels.ndim == 2:
        hot = labels != 0
        if not np.array_equal(hot, labels):
            raise ValueError(f"{name} of shape {labels.shape} must hold only 0 and 1 (multi-hot)")
        return hot
    # Keras hands ids on as floats, which is fine as long as they are told apart.
    return exact_ids(labels, name)
