"""Reads the golden files; tests/golden/README.md says what they hold."""

from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "golden"


def golden(name: str) -> dict[str, np.ndarray]:
    with np.load(FOLDER / f"{name}.npz") as file:
        return dict(file)


def assert_matches(actual, expected, tolerance: float = 1e-5) -> None:
    """Largest difference within ``tolerance`` of the largest expected value."""
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    assert actual.shape == expected.shape, (actual.shape, expected.shape)
    scale = np.abs(expected).max()
    assert np.abs(actual - expected).max() <= tolerance * scale
