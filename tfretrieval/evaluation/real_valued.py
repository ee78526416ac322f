"""Retrieval by real-valued features: the bar that binary codes are held to."""

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tfretrieval.evaluation import _ranking
from tfretrieval.evaluation._ranking import Divisor, Missing
from tfretrieval.evaluation.relevance import Relevance
from tfretrieval.rows import repeated_rows, squared_distances

# Distances that are held at a time: 8 MB.
_BLOCK = 1 << 21


@dataclass(frozen=True, eq=False)
class RealValuedRetrieval:
    """Per-query figures of a ranking by real-valued features; means are properties.

    Attributes:
        average_precision: float64 ``[Q]``, NaN for a query without relevant items.
        n_relevant: relevant items in the database, int64 ``[Q]``.
        ks: the ranks of the figures at k.
        precision_at_k: relevant share of the first k ranks, float64 ``[Q, len(ks)]``.
        recall_at_k: share of the relevant items among the first k, float64 ``[Q, len(ks)]``.
        hit_at_k: 1 with a relevant item among the first k, float64 ``[Q, len(ks)]``.
        cutoff: ranks that the AP looks at, None for all.
        divisor: what the AP is divided by.
        missing: what queries without relevant items do to a mean.
        definition: one sentence: ranking, ties, cut-off, divisor, missing, counts.
    """

    average_precision: np.ndarray
    n_relevant: np.ndarray
    ks: tuple[int, ...]
    precision_at_k: np.ndarray
    recall_at_k: np.ndarray
    hit_at_k: np.ndarray
    cutoff: int | None
    divisor: Divisor
    missing: Missing
    definition: str

    @property
    def mean_average_precision(self) -> float:
        """mAP."""
        return self.mean(self.average_precision)

    def mean(self, values: np.ndarray) -> float:
        """Mean of a per-query figure ``[Q]``, by the same rule as the mAP."""
        return _ranking.mean_over_queries(values, self.n_relevant, self.missing)


def cosine_retrieval(
    query_features: ArrayLike,
    query_labels: ArrayLike,
    database_features: ArrayLike,
    database_labels: ArrayLike,
    *,
    ks: Sequence[int] = (1, 5, 10, 100),
    cutoff: int | None = None,
    divisor: Divisor = "relevant",
    missing: Missing = "exclude",
    leave_one_out: bool = False,
) -> RealValuedRetrieval:
    """Ranks a database by cosine similarity for each query and measures the ranking.

    Features are scaled to unit length in float32 (a zero vector stays zero). Equal similarities
    are rare; they keep the order of the database, and those of equal rows always do.

    Args:
        query_features: ``[Q, D]`` real values.
        query_labels: integer ids ``[Q]`` or ``[Q, 1]``, or multi-hot ``[Q, classes]``.
        database_features: ``[N, D]`` real values.
        database_labels: as the query labels.
        ks: ranks of precision, recall and hit at k.
        cutoff: ranks that count for the AP; None for the whole database.
        divisor: divide the AP by all ``"relevant"`` items or by the ``"retrieved"`` relevant ones.
        missing: ``"exclude"`` queries without relevant items from means, or count them as
            ``"zero"``.
        leave_one_out: queries are the database itself; a query does not find itself.

    Returns:
        Per-query figures, their means and the definition.

    Raises:
        ValueError: features or labels that do not fit together, an empty database, or labels by
            which no query has a relevant item.

    >>> database = np.array([[2.0, 0.0], [1.0, 1.0], [0.0, 3.0]])
    >>> result = cosine_retrieval([[1.0, 0.1]], [0], database, [0, 1, 0])
    >>> round(result.mean_average_precision, 4)
    0.8333
    """
    queries, database = map(_unit, _features(query_features, database_features, (2,)))

    def distances(chosen: np.ndarray) -> np.ndarray:
        return -(queries[chosen] @ database.T)

    return _retrieve(
        f"cosine similarity of {database.shape[1]}-dimensional features",
        distances,
        queries,
        query_labels,
        database,
        database_labels,
        ks=ks,
        cutoff=cutoff,
        divisor=divisor,
        missing=missing,
        leave_one_out=leave_one_out,
    )


def euclidean_retrieval(
    query_features: ArrayLike,
    query_labels: ArrayLike,
    database_features: ArrayLike,
    database_labels: ArrayLike,
    *,
    ks: Sequence[int] = (1, 5, 10, 100),
    cutoff: int | None = None,
    divisor: Divisor = "relevant",
    missing: Missing = "exclude",
    leave_one_out: bool = False,
) -> RealValuedRetrieval:
    """Ranks a database by Euclidean distance for each query and measures the ranking.

    Distances are computed in float64, to the precision of float32. Equal ones keep the order of the
    database.

    With several views of a picture, such as itself and its mirror image, the distance of two
    pictures is the least of those of their views, as Lu et al. 2021 test sketches against photos.

    Args:
        query_features: ``[Q, D]`` real values, or ``[Q, views, D]``.
        database_features: ``[N, D]`` or ``[N, views, D]``.

    The other arguments, the result and the errors are those of :func:`cosine_retrieval`.

    >>> database = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 4.0]])
    >>> result = euclidean_retrieval([[0.0, 0.9]], [0], database, [1, 0, 0])
    >>> round(result.mean_average_precision, 4)
    0.5833
    """
    queries, database = _features(query_features, database_features, (2, 3))
    # An outlier moves a mean, and what is far from the middle costs digits; a median stays.
    middle = np.median(database.reshape(-1, database.shape[-1]), axis=0).astype(np.float64)
    of_queries, of_database = (
        [view - middle for view in _views(features)] for features in (queries, database)
    )

    def distances(chosen: np.ndarray) -> np.ndarray:
        squared = (
            squared_distances(x[chosen], y) for x, y in itertools.product(of_queries, of_database)
        )
        return functools.reduce(np.minimum, squared).astype(np.float32)

    ranking = f"Euclidean distance of {database.shape[-1]}-dimensional features"
    pairs = len(of_queries) * len(of_database)
    if pairs > 1:
        ranking += f", the least over {pairs} pairs of views"
    return _retrieve(
        ranking,
        distances,
        queries,
        query_labels,
        database,
        database_labels,
        ks=ks,
        cutoff=cutoff,
        divisor=divisor,
        missing=missing,
        leave_one_out=leave_one_out,
    )


def _retrieve(
    ranking: str,
    distances_of: Callable[[np.ndarray], np.ndarray],
    queries: np.ndarray,
    query_labels: ArrayLike,
    database: np.ndarray,
    database_labels: ArrayLike,
    *,
    ks: Sequence[int],
    cutoff: int | None,
    divisor: Divisor,
    missing: Missing,
    leave_one_out: bool,
) -> RealValuedRetrieval:
    """Measures a ranking by ``distances_of(rows of queries)``, ``[rows, N]``."""
    relevance = Relevance(query_labels, database_labels)
    _ranking.check_lengths(relevance, len(queries), len(database))
    if leave_one_out and not np.array_equal(queries, database):
        raise ValueError("leave_one_out needs the database itself as queries, in the same order")
    ks = tuple(int(k) for k in ks)
    n_ranked = len(database) - leave_one_out
    last = _ranking.check_options(len(queries), n_ranked, ks, cutoff, divisor, missing)

    precisions = np.zeros(len(queries))
    within = np.zeros((len(queries), 2 + len(ks)), np.int64)
    limits = np.array((n_ranked, last, *ks))
    block = max(1, _BLOCK // len(database))
    order = relevance.by_class()
    again, first = repeated_rows(database)
    for start in range(0, len(queries), block):
        chosen = order[start : start + block]
        distances = distances_of(chosen)
        distances[:, again] = distances[:, first]
        if leave_one_out:
            # Behind all that are ranked, whatever is counted there is dropped.
            distances[np.arange(len(chosen)), chosen] = np.inf
        for part, members in relevance.groups(chosen, limit=1):
            relevant = np.zeros(len(database), bool)
            relevant[members] = True
            ranks = _ranking.stable_ranks(distances[part], relevant)
            precisions[chosen[part]] = _ranking.precision_sums(ranks, last)
            within[chosen[part]] = _ranking.hits_within(ranks, limits)
    n_relevant, found, hits = within[:, 0], within[:, 1], within[:, 2:]
    _ranking.check_any_relevant(n_relevant, missing)
    return RealValuedRetrieval(
        average_precision=_ranking.ratio(
            precisions, n_relevant if divisor == "relevant" else found
        ),
        n_relevant=n_relevant,
        ks=ks,
        precision_at_k=hits / ks,
        recall_at_k=_ranking.ratio(hits, n_relevant[:, None]),
        hit_at_k=(hits > 0).astype(np.float64),
        cutoff=cutoff,
        divisor=divisor,
        missing=missing,
        definition=_ranking.describe(
            ranking=ranking,
            ties="equal ones in the order of the database",
            n_relevant=n_relevant,
            n_database=n_ranked,
            cutoff=cutoff,
            divisor=divisor,
            missing=missing,
            leave_one_out=leave_one_out,
        ),
    )


def _features(queries: ArrayLike, database: ArrayLike, ranks: tuple[int, ...]):
    """Both as float32 arrays of one of these ranks, checked."""
    found = []
    for name, values in (("query features", queries), ("database features", database)):
        features = np.asarray(values, np.float32)
        if features.ndim not in ranks or 0 in features.shape[1:]:
            shapes = " or ".join({2: "[N, D]", 3: "[N, views, D]"}[rank] for rank in ranks)
            raise ValueError(f"{name} must be {shapes}, got shape {features.shape}")
        if not np.isfinite(features).all():
            raise ValueError(f"{name} hold NaN or infinite values")
        found.append(features)
    of_queries, of_database = (features.shape[-1] for features in found)
    if of_queries != of_database:
        raise ValueError(f"query features have {of_queries} dimensions, database {of_database}")
    return found


def _views(features: np.ndarray) -> list[np.ndarray]:
    return [features] if features.ndim == 2 else list(features.swapaxes(0, 1))


def _unit(features: np.ndarray) -> np.ndarray:
    # Scaled by the largest entry first: squares of large features would overflow float32.
    largest = np.abs(features).max(axis=1, keepdims=True, initial=0)
    features = features / np.where(largest > 0, largest, np.float32(1))
    norm = np.linalg.norm(features, axis=1, keepdims=True)
    return features / np.where(norm > 0, norm, np.float32(1))
