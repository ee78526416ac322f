"""Retrieval by Hamming distance, each figure with the definition it was computed by."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tfretrieval.evaluation import _ranking, tie_aware
from tfretrieval.evaluation._counting import count
from tfretrieval.evaluation._ranking import Divisor, Missing


@dataclass(frozen=True, eq=False)
class HammingRetrieval:
    """Per-query figures of a Hamming ranking; means are properties.

    Figures without a word behind them are tie-aware: expected values over all orders inside the
    ties. ``optimistic`` and ``pessimistic`` put the relevant items of a tie first and last,
    ``stable`` breaks ties by the order of the database. AP and recall are NaN for a query without
    relevant items.

    Attributes:
        average_precision: float64 ``[Q]``, with ``_optimistic``, ``_pessimistic``, ``_stable``.
        n_relevant: relevant items in the database, int64 ``[Q]``.
        ks: the ranks of the figures at k.
        precision_at_k: relevant share of the first k ranks (k beyond the database counts ranks
            that nothing fills as misses), float64 ``[Q, len(ks)]``.
        recall_at_k: share of the relevant items among the first k, float64 ``[Q, len(ks)]``.
        hit_at_k: probability of a relevant item among the first k, float64 ``[Q, len(ks)]``.
        items_within: items at distance <= d, int32 ``[Q, bits + 1]``.
        relevant_within: relevant items at distance <= d, int32 ``[Q, bits + 1]``.
        radius: Hamming radius of the figures inside a ball.
        cutoff: ranks that the AP looks at, None for all.
        divisor: what the AP is divided by.
        missing: what queries without relevant items do to a mean.
        definition: one sentence: ranking, ties, cut-off, divisor, missing, counts.
    """

    average_precision: np.ndarray
    average_precision_optimistic: np.ndarray
    average_precision_pessimistic: np.ndarray
    average_precision_stable: np.ndarray | None
    n_relevant: np.ndarray
    ks: tuple[int, ...]
    precision_at_k: np.ndarray
    recall_at_k: np.ndarray
    hit_at_k: np.ndarray
    precision_at_k_stable: np.ndarray | None
    recall_at_k_stable: np.ndarray | None
    hit_at_k_stable: np.ndarray | None
    items_within: np.ndarray
    relevant_within: np.ndarray
    radius: int
    cutoff: int | None
    divisor: Divisor
    missing: Missing
    definition: str

    @property
    def mean_average_precision(self) -> float:
        """Tie-aware mAP."""
        return self._mean_ap(self.average_precision)

    @property
    def mean_average_precision_optimistic(self) -> float:
        """mAP with the relevant items first inside ties."""
        return self._mean_ap(self.average_precision_optimistic)

    @property
    def mean_average_precision_pessimistic(self) -> float:
        """mAP with the relevant items last inside ties."""
        return self._mean_ap(self.average_precision_pessimistic)

    @property
    def mean_average_precision_stable(self) -> float:
        """mAP with ties in the order of the database."""
        if self.average_precision_stable is None:
            raise ValueError("the stable ranking was not computed; call with stable=True")
        return self.mean(self.average_precision_stable)

    @property
    def radius_precision(self) -> np.ndarray:
        """Relevant share of the items within the radius, 0 for an empty ball, float64 ``[Q]``."""
        return np.nan_to_num(_ranking.ratio(*self._ball(self.radius)))

    @property
    def radius_recall(self) -> np.ndarray:
        """Share of the relevant items that lie within the radius, float64 ``[Q]``."""
        return _ranking.ratio(self._ball(self.radius)[0], self.n_relevant)

    @property
    def mean_radius_precision(self) -> float:
        """Mean precision within the radius; an empty ball counts as 0."""
        return self.mean(self.radius_precision)

    @property
    def mean_radius_precision_nonempty(self) -> float:
        """Mean precision within the radius over the queries whose ball holds an item."""
        hits, items = self._ball(self.radius)
        return float((hits[items > 0] / items[items > 0]).mean()) if items.any() else 0.0

    @property
    def mean_radius_recall(self) -> float:
        """Mean recall within the radius."""
        return self.mean(self.radius_recall)

    @property
    def precision_recall_curve(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean recall and mean precision within each radius 0 .. bits, float64 ``[bits + 1]``.

        One point a radius, from the same table as the mAP, so that no order inside ties enters.
        A ball that is empty has precision 0, which pulls the left end of the curve down.
        """
        points = []
        for radius in range(self.items_within.shape[1]):
            hits, items = self._ball(radius)
            recall = self.mean(_ranking.ratio(hits, self.n_relevant))
            points.append((recall, self.mean(np.nan_to_num(_ranking.ratio(hits, items)))))
        recalls, precisions = np.array(points).T
        return recalls, precisions

    def mean(self, values: np.ndarray) -> float:
        """Mean of a per-query figure ``[Q]``, by the same rule as the mAP."""
        return _ranking.mean_over_queries(values, self.n_relevant, self.missing)

    def _mean_ap(self, values: np.ndarray) -> float:
        if self.divisor == "retrieved" and self.cutoff is not None:
            raise ValueError(
                "divided by what is retrieved within a cut-off, an AP has no tie-aware value; read "
                "mean_average_precision_stable, or use divisor='relevant'"
            )
        return self.mean(values)

    def _ball(self, radius: int) -> tuple[np.ndarray, np.ndarray]:
        column = min(radius, self.items_within.shape[1] - 1)
        return self.relevant_within[:, column], self.items_within[:, column]


def hamming_retrieval(
    query_codes: ArrayLike,
    query_labels: ArrayLike,
    database_codes: ArrayLike,
    database_labels: ArrayLike,
    *,
    bits: int | None = None,
    ks: Sequence[int] = (1, 5, 10, 100),
    radius: int = 2,
    cutoff: int | None = None,
    divisor: Divisor = "relevant",
    missing: Missing = "exclude",
    leave_one_out: bool = False,
    stable: bool = True,
) -> HammingRetrieval:
    """Ranks a database by Hamming distance for each query and measures the ranking.

    The main number, ``mean_average_precision``, is tie-aware: the expected AP over all orders of
    items at equal distance, in closed form from one table of counts (see
    ``tfretrieval/evaluation/tie_aware.py``). Beside it stand its best and worst order, and the
    order that a stable sort of the database gives.

    With a cut-off only the first ``cutoff`` ranks count; expected, best and worst value then hold
    for orders inside ties, including the tie that the cut-off divides. ``divisor="retrieved"``
    divides by the relevant items among those ranks, as public hashing code does; their number
    depends on the order inside the divided tie, so with a cut-off only the stable figure exists
    and the other three are NaN. DeepHash-pytorch's number is ``cutoff=k, divisor="retrieved",
    missing="zero"``, HashNet's the same with ``missing="exclude"``; both sort with what their
    library does by default, which for NumPy is no stable sort: the stable figure is the nearest.

    Args:
        query_codes: relaxed or +-1 codes ``[Q, bits]`` (a bit is ``x >= 0``), or packed codes,
            uint8 ``[Q, ceil(bits / 8)]``, together with ``bits``.
        query_labels: integer ids ``[Q]`` or ``[Q, 1]``, or multi-hot ``[Q, classes]``.
        database_codes: as the query codes, ``[N, ...]``.
        database_labels: as the query labels, ``[N, ...]``.
        bits: length of packed codes; None for unpacked codes.
        ks: ranks of precision, recall and hit at k.
        radius: Hamming radius of precision and recall inside a ball.
        cutoff: ranks that count for the AP; None for the whole database.
        divisor: divide the AP by all ``"relevant"`` items or by the ``"retrieved"`` relevant ones.
        missing: ``"exclude"`` queries without relevant items from means, or count them as
            ``"zero"``.
        leave_one_out: queries are the database itself; a query does not find itself.
        stable: compute the stable order too, which takes about as long as all the rest, or several
            times as long where the classes are large.

    Returns:
        Per-query figures, their means and the definition.

    Raises:
        ValueError: codes or labels that do not fit together, codes of which none has a negative
            value, an empty database, or labels by which no query has a relevant item.

    >>> codes = np.array([[1, 1, 1], [1, 1, -1], [1, -1, -1]])
    >>> result = hamming_retrieval(codes[:1], [4], codes, [4, 5, 4])
    >>> round(result.mean_average_precision, 4)
    0.8333
    >>> result.radius_precision.round(4).tolist()
    [0.6667]
    """
    queries, database, n_bits, relevance = _ranking.hamming_inputs(
        query_codes, query_labels, database_codes, database_labels, bits, leave_one_out
    )
    ks = tuple(int(k) for k in ks)
    n_ranked = len(database) - leave_one_out
    ranks = _ranking.check_options(len(queries), n_ranked, ks, cutoff, divisor, missing)
    if radius < 0:
        raise ValueError(f"radius must not be negative, got {radius}")

    limits = np.array((ranks, *ks))
    table = count(queries, database, relevance, n_bits, limits, leave_one_out, stable)
    n_relevant = table.relevant[:, -1].astype(np.int64)
    _ranking.check_any_relevant(n_relevant, missing)
    # What is retrieved depends on the order inside the tie that the cut-off divides.
    undefined = divisor == "retrieved" and cutoff is not None
    if undefined:
        expected, best, worst = np.full((3, len(queries)), np.nan)
    else:
        sums = tie_aware.precision_sums(table.items, table.relevant, ranks)
        expected, best, worst = (_ranking.ratio(total, n_relevant) for total in sums)
    hits = np.stack([tie_aware.expected_hits(table.items, table.relevant, k) for k in ks], axis=1)
    found, hits_stable = table.hits[:, 0], table.hits[:, 1:]
    return HammingRetrieval(
        average_precision=expected,
        average_precision_optimistic=best,
        average_precision_pessimistic=worst,
        average_precision_stable=(
            _ranking.ratio(table.precisions, n_relevant if divisor == "relevant" else found)
            if stable
            else None
        ),
        n_relevant=n_relevant,
        ks=ks,
        precision_at_k=hits / ks,
        recall_at_k=_ranking.ratio(hits, n_relevant[:, None]),
        hit_at_k=np.stack(
            [tie_aware.hit_probability(table.items, table.relevant, k) for k in ks], axis=1
        ),
        precision_at_k_stable=hits_stable / ks if stable else None,
        recall_at_k_stable=_ranking.ratio(hits_stable, n_relevant[:, None]) if stable else None,
        hit_at_k_stable=(hits_stable > 0).astype(np.float64) if stable else None,
        items_within=table.items,
        relevant_within=table.relevant,
        radius=radius,
        cutoff=cutoff,
        divisor=divisor,
        missing=missing,
        definition=_ranking.describe(
            ranking=f"Hamming distance of {n_bits}-bit codes",
            ties=(
                "ties in the order of the database"
                if undefined
                else "tie-aware (expected value over all orders of items at equal distance)"
            ),
            n_relevant=n_relevant,
            n_database=n_ranked,
            cutoff=cutoff,
            divisor=divisor,
            missing=missing,
            leave_one_out=leave_one_out,
        ),
    )
