"""How well the bits of a set of codes are used."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from tfretrieval.codes import check_signs


@dataclass(frozen=True, eq=False)
class BitUsage:
    """How often each bit is set, and how alike two bits are.

    Attributes:
        shares: float64 ``[bits]``, share of the codes in which a bit is 1; 0.5 is best.
        entropies: float64 ``[bits]``, of each bit, in bits: 1 is best, 0 says nothing.
        correlations: float64 ``[bits, bits]``, Pearson's of two bits; NaN where one is constant.
    """

    shares: np.ndarray
    entropies: np.ndarray
    correlations: np.ndarray

    @property
    def constant(self) -> int:
        """Number of bits that are the same in all codes."""
        return int((self.entropies == 0).sum())

    @property
    def mean_entropy(self) -> float:
        return float(self.entropies.mean())

    @property
    def mean_absolute_correlation(self) -> float:
        """Over all pairs of two different bits that both change; NaN where there are none."""
        values = np.abs(self.correlations[np.triu_indices(len(self.shares), 1)])
        values = values[np.isfinite(values)]
        return float(values.mean()) if len(values) else float("nan")


def bit_usage(codes: ArrayLike) -> BitUsage:
    """Measures the bits of a set of codes, most often a database's.

    Args:
        codes: ``[N, bits]``, relaxed or +-1; a bit is ``x >= 0``.

    Raises:
        ValueError: no code, another shape, NaN or infinite values, two codes or more without a
            negative value.

    >>> usage = bit_usage([[1, 1, 1], [1, -1, 1], [-1, 1, 1], [-1, -1, 1]])
    >>> usage.shares.tolist(), usage.entropies.tolist()
    ([0.5, 0.5, 1.0], [1.0, 1.0, 0.0])
    >>> usage.mean_absolute_correlation, usage.constant
    (0.0, 1)
    """
    x: np.ndarray = np.asarray(codes, np.float64)
    if x.ndim != 2 or 0 in x.shape:
        raise ValueError(f"codes must be [N, bits], one at least, got shape {x.shape}")
    if not np.isfinite(x).all():
        raise ValueError("codes hold NaN or infinite values")
    check_signs(x >= 0)
    ones = (x >= 0).astype(np.float64)
    shares = ones.mean(axis=0)
    centred = ones - shares
    # Whole numbers tell a constant bit; a variance may miss zero by rounding.
    changing = (ones != ones[0]).any(axis=0)
    lengths = np.where(changing, np.sqrt(np.square(centred).sum(axis=0)), np.nan)
    return BitUsage(
        shares,
        _entropy(shares) + _entropy(1 - shares),
        np.clip(centred.T @ centred / (lengths[:, None] * lengths), -1, 1),
    )


def _entropy(share):
    """One outcome's part of the entropy; 0 log 0 = 0."""
    logarithm = np.log2(share, out=np.zeros_like(share), where=share > 0)
    return np.abs(share * logarithm)
