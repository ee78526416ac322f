"""How far classes reach and how near they come to each other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tfretrieval.ids import exact_ids
from tfretrieval.rows import squared_distances

# Distances that are held at a time: 16 MB.
_BLOCK = 1 << 22


@dataclass(frozen=True)
class ClassSeparation:
    """Euclidean distances over all pairs of different points; NaN where there are none.

    Attributes:
        max_intra, mean_intra: of two points of one class.
        min_inter, mean_inter: of two points of two classes.
        mean_intra_between: of two points of one class and two domains.
    """

    max_intra: float
    mean_intra: float
    min_inter: float
    mean_inter: float
    mean_intra_between: float

    @property
    def separated(self) -> bool:
        """Whether every point is nearer to all of its class than to any other."""
        return self.max_intra < self.min_inter


def class_separation(
    features: ArrayLike, labels: ArrayLike, domains: ArrayLike | None = None
) -> ClassSeparation:
    """Measures the classes of a set of points.

    ``max_intra < min_inter`` is what the margin of Lu et al. 2021 is made for: with it every
    retrieval is right.

    Args:
        features: ``[N, D]`` real values.
        labels: integer ids ``[N]``.
        domains: ``[N]``, such as 0 for sketches and 1 for photos.

    Raises:
        ValueError: another shape, NaN or infinite features, not one label a point, labels that
            :func:`tfretrieval.ids.exact_ids` refuses.

    >>> found = class_separation([[0.0], [1.0], [5.0]], [0, 0, 1], domains=[0, 1, 1])
    >>> found.max_intra, found.min_inter, found.mean_intra_between, found.separated
    (1.0, 4.0, 1.0, True)
    """
    x: np.ndarray = np.asarray(features, np.float64)
    ids = exact_ids(labels, "labels", text=True)
    sides: np.ndarray = np.zeros(len(ids), int) if domains is None else np.asarray(domains)
    if x.ndim != 2 or ids.shape != (len(x),) or sides.shape != (len(x),):
        raise ValueError(
            f"features [N, D] need one label and one domain each, got shapes {x.shape}, "
            f"{ids.shape}, {sides.shape}"
        )
    if not np.isfinite(x).all():
        raise ValueError("features hold NaN or infinite values")
    x = x - np.median(x, axis=0) if len(x) else x
    sums, counts = np.zeros(3), np.zeros(3)
    largest, smallest = -np.inf, np.inf
    step = max(1, _BLOCK // max(1, len(x)))
    for start in range(0, len(x), step):
        rows = np.arange(start, min(start + step, len(x)))
        distances = np.sqrt(squared_distances(x[rows], x))
        same = ids[rows, None] == ids
        intra = same & (rows[:, None] != np.arange(len(x)))
        between = intra & (sides[rows, None] != sides)
        for index, pairs in enumerate((intra, ~same, between)):
            sums[index] += distances[pairs].sum()
            counts[index] += pairs.sum()
        largest = max(largest, distances[intra].max(initial=-np.inf))
        smallest = min(smallest, distances[~same].min(initial=np.inf))
    means = np.divide(sums, counts, out=np.full(3, np.nan), where=counts > 0)
    return ClassSeparation(
        max_intra=float(largest) if counts[0] else float("nan"),
        mean_intra=float(means[0]),
        min_inter=float(smallest) if counts[1] else float("nan"),
        mean_inter=float(means[1]),
        mean_intra_between=float(means[2]),
    )
