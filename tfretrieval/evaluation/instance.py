"""Instance retrieval: mAP and mP@k as on Oxford5k, Paris6k and their revisited versions."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from tfretrieval.ids import exact_ids


@dataclasses.dataclass(frozen=True, eq=False)
class GroundTruth:
    """For each query, the database pictures that are right and those that do not count.

    Attributes:
        positives: Q arrays of database indices.
        ignored: Q arrays of database indices; they are taken out of a ranking before anything is
            measured ("junk": hardly anything of the instance is seen, or the query itself).

    Raises:
        ValueError: not as many lists of either kind, a picture named twice for one query.
    """

    positives: tuple[np.ndarray, ...]
    ignored: tuple[np.ndarray, ...]

    def __post_init__(self) -> None:
        for name in ("positives", "ignored"):
            lists = tuple(exact_ids(each, name).reshape(-1) for each in getattr(self, name))
            object.__setattr__(self, name, lists)
        if len(self.positives) != len(self.ignored):
            raise ValueError(
                f"{len(self.positives)} queries have positives, {len(self.ignored)} ignored ones"
            )
        for query, both in enumerate(zip(self.positives, self.ignored, strict=True)):
            if len(np.unique(np.concatenate(both))) < sum(map(len, both)):
                raise ValueError(f"query {query} names a picture of the database twice")

    def __len__(self) -> int:
        return len(self.positives)


def revisited(
    easy: Sequence[ArrayLike], hard: Sequence[ArrayLike], junk: Sequence[ArrayLike]
) -> dict[str, GroundTruth]:
    """The three protocols of revisited Oxford and Paris, from the lists of each query.

    Easy: easy pictures are right, hard ones do not count. Medium: both are right. Hard: hard ones
    are right, easy ones do not count. Junk never counts.

    Source: Radenovic et al. 2018.

    >>> protocols = revisited([[0]], [[1, 2]], [[3]])
    >>> {name: truth.positives[0].tolist() for name, truth in protocols.items()}
    {'easy': [0], 'medium': [0, 1, 2], 'hard': [1, 2]}
    """

    def joined(*lists: Sequence[ArrayLike]) -> tuple[np.ndarray, ...]:
        pairs = zip(*lists, strict=True)
        return tuple(np.concatenate([exact_ids(x) for x in pair]) for pair in pairs)

    return {
        "easy": GroundTruth(joined(easy), joined(junk, hard)),
        "medium": GroundTruth(joined(easy, hard), joined(junk)),
        "hard": GroundTruth(joined(hard), joined(junk, easy)),
    }


@dataclasses.dataclass(frozen=True, eq=False)
class InstanceRetrieval:
    """Per-query figures of rankings; means leave out queries without positives.

    Attributes:
        average_precision: float64 ``[Q]``, NaN for a query without positives.
        precision_at_k: float64 ``[Q, len(ks)]``, NaN as above.
        ks: the ranks of it.
        n_relevant: positives in the database, int64 ``[Q]``.
        definition: one sentence.
    """

    average_precision: np.ndarray
    precision_at_k: np.ndarray
    ks: tuple[int, ...]
    n_relevant: np.ndarray
    definition: str

    @property
    def mean_average_precision(self) -> float:
        """mAP."""
        return float(np.nanmean(self.average_precision))

    @property
    def mean_precision_at_k(self) -> np.ndarray:
        """mP@k, float64 ``[len(ks)]``."""
        return np.nanmean(self.precision_at_k, axis=0)


def instance_retrieval(
    rankings: ArrayLike, truth: GroundTruth, ks: Sequence[int] = (1, 5, 10)
) -> InstanceRetrieval:
    """Measures rankings by the protocol of Oxford5k, Paris6k and their revisited versions.

    Ignored pictures are dropped. With r_j the rank, from 0, of the j-th positive, from 0::

        AP = 1/P sum_j (p_j + (j + 1) / (r_j + 1)) / 2,   p_j = j / r_j, or 1 where r_j = 0

    the area below the precision-recall curve by trapezoids: not the AP of ``cosine_retrieval``.
    For P@k, k is at most the rank, from 1, of the last positive.

    Source: Philbin et al. 2007; Radenovic et al. 2018. Equal to their code.

    Args:
        rankings: indices into the database ``[Q, ranks]``, best first; positives that are not
            among them count as not found.
        truth: right and ignored pictures of each query.
        ks: ranks of the precision.

    Raises:
        ValueError: rankings that do not fit the ground truth, are no indices or name a picture
            twice, or no query has a positive.

    >>> truth = GroundTruth([[0, 3]], [[2]])
    >>> result = instance_retrieval([[3, 2, 1, 0]], truth, ks=(1, 2))
    >>> round(result.mean_average_precision, 4), result.precision_at_k.tolist()
    (0.7917, [[1.0, 0.5]])
    """
    rankings = exact_ids(rankings, "rankings", floats=False)
    if rankings.ndim != 2 or len(rankings) != len(truth):
        raise ValueError(
            f"rankings must be [{len(truth)}, ranks], one row for each query of the ground truth, "
            f"got shape {rankings.shape}"
        )
    if rankings.size and rankings.min() < 0:
        raise ValueError(f"rankings must hold indices from 0 on, got {rankings.min()}")
    for query, ranking in enumerate(rankings):
        ascending = np.sort(ranking)
        twice = ascending[1:][ascending[1:] == ascending[:-1]]
        if len(twice):
            raise ValueError(f"the ranking of query {query} names picture {twice[0]} twice")
    ks = tuple(int(k) for k in ks)
    if not ks or min(ks) < 1:
        raise ValueError(f"ks must be ranks from 1 on, got {ks}")
    n_relevant = np.array([len(positives) for positives in truth.positives], np.int64)
    if not n_relevant.any():
        raise ValueError("no query has a positive in the database")
    precision = np.full((len(truth), len(ks)), np.nan)
    average = np.full(len(truth), np.nan)
    for query in np.flatnonzero(n_relevant).tolist():
        ranks = _clean_ranks(rankings[query], truth.positives[query], truth.ignored[query])
        average[query] = _trapezoids(ranks) / n_relevant[query]
        precision[query] = _precision_at(ranks, ks)
    return InstanceRetrieval(
        average, precision, ks, n_relevant, _definition(n_relevant, rankings.shape[1])
    )


def _clean_ranks(ranking: np.ndarray, positives: np.ndarray, ignored: np.ndarray) -> np.ndarray:
    """Ranks of the positives, from 0, ascending, as if the ignored ones were not there."""
    ranks = np.flatnonzero(np.isin(ranking, positives))
    return ranks - np.searchsorted(np.flatnonzero(np.isin(ranking, ignored)), ranks)


def _trapezoids(ranks: np.ndarray) -> float:
    j = np.arange(len(ranks))
    before = np.where(ranks == 0, 1.0, j / np.maximum(ranks, 1))
    return float(np.sum(before + (j + 1) / (ranks + 1)) / 2)


def _precision_at(ranks: np.ndarray, ks: Sequence[int]) -> list[float]:
    if not len(ranks):
        return [0.0] * len(ks)
    reached = [min(k, int(ranks[-1]) + 1) for k in ks]
    return [float(np.sum(ranks < k)) / k for k in reached]


def _definition(n_relevant: np.ndarray, ranked: int) -> str:
    without = int(np.sum(n_relevant == 0))
    left_out = f", {without} without positives left out" if without else ""
    return (
        f"instance retrieval: trapezoid AP over {ranked} ranks, ignored pictures dropped, mean of "
        f"{len(n_relevant) - without} queries{left_out}; P@k with k at most the rank of the last "
        "positive"
    )
