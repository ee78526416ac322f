"""A row of the comparison is a file: it is measured once, and loaded as it was."""

import numpy as np

from recipes.comparison.cells import FIGURES, Cell
from tfretrieval.codes import pack


def test_a_row_is_a_file_with_every_length(compared):
    with np.load(compared / "seed-0/features/dsh.npz") as file:
        assert {"4/figures", "6/figures", "4/packed", "6/packed"} <= set(file.files)
        assert file["6/figures"].shape == (len(FIGURES),)
        assert file["6/packed"].shape == (36, 1)
        assert np.isfinite(file["6/average_precision"]).all()
        assert "6-bit codes" in str(file["6/definition"])


def test_real_valued_features_have_one_cell_and_no_codes(compared):
    with np.load(compared / "seed-0/features/cosine.npz") as file:
        assert "6/figures" in file.files and "4/figures" not in file.files
        assert not [name for name in file.files if name.endswith("packed")]


def test_codes_come_back_as_signs():
    signs = np.array([[1, -1, 1], [-1, -1, 1]], np.int8)
    np.testing.assert_array_equal(Cell(packed=pack(signs)).codes(3), signs)
