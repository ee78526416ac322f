"""Codes that no gradient made: random hyperplanes, PCA-ITQ, and the control that reads no code."""

from __future__ import annotations

import numpy as np

from recipes.common.heads import HeadTask
from recipes.comparison.methods import ITQ, LSH, PREDICTED
from recipes.triplet.report import itq_codes, predicted_codes
from tfretrieval.fitting import random_hyperplanes


def codes_of(
    method: str, bits: int, task: HeadTask, logits: np.ndarray, seed: int
) -> np.ndarray | None:
    """Codes ``[N, bits]`` of all pictures, a bit being a value above 0; ``None`` where the inputs
    vary in fewer directions than a code has bits.

    Args:
        logits: of stage 1, for the control.
    """
    if method == PREDICTED:
        return predicted_codes(logits, bits, seed)
    if method == LSH:
        return random_hyperplanes(task.features, task.fit, bits, seed)
    assert method == ITQ, method
    return itq_codes(task.features, task.fit, bits, seed)
