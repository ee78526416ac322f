"""Binary codes: a linear map of the features that knows the class centers alone."""

import functools

import numpy as np

import tfretrieval as tfr
from recipes.common.opened import Opened
from recipes.sketch.data import SketchData
from recipes.sketch.settings import SketchSettings

# Kernel and bias of a linear map.
Weights = dict[str, np.ndarray]


def fit_codes(
    opened: Opened[SketchSettings, SketchData], name: str, centers: np.ndarray
) -> dict[int, Weights]:
    """Length of a code -> the map from features to it.

    Args:
        centers: of the seen classes, ``[seen, D]``.
    """
    config = opened.config

    def fit(bits: int) -> Weights:
        kernel, bias = tfr.fitting.fit_center_codes(
            centers, bits, config.code_steps, seed=config.seed
        )
        return {"kernel": kernel, "bias": bias}

    return {
        bits: opened.folder.step(f"{name}/codes-{bits}", functools.partial(fit, bits))
        for bits in config.bit_lengths
    }


def codes_of(features: np.ndarray, weights: Weights) -> np.ndarray:
    """Relaxed codes of the mean of a picture and its mirror image; a bit is ``x >= 0``."""
    return np.asarray(features.mean(axis=1) @ weights["kernel"] + weights["bias"])
