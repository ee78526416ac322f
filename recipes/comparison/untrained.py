"""Codes that no gradient made: random hyperplanes, PCA-ITQ, and the control that reads no code."""

from __future__ import annotations

import numpy as np

from recipes.comparison.methods import LSH, PREDICTED
from recipes.triplet.report import itq_codes, predicted_codes
from tfretrieval.fitting import random_hyperplanes


def codes_of(
    method: str, bits: int, features: np.ndarray, fit: np.ndarray, logits: np.ndarray, seed: int
) -> np.ndarray | None:
    """Codes ``[N, bits]`` of all pictures, a bit being a value above 0; ``None`` where the features
    vary in fewer directions than a code has bits.

    Args:
        features: what the method reads, float32 ``[N, D]``.
        fit: indices of the pictures that it may learn from.
        logits: of stage 1, for the control.
    """
    if method == PREDICTED:
        return predicted_codes(logits, bits, seed)
    if method == LSH:
        return random_hyperplanes(features, fit, bits, seed)
    return itq_codes(features, fit, bits, seed)
