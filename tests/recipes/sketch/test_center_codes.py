"""Codes of features, by a map that is fitted on class centers."""

import numpy as np

from recipes.sketch.center_codes import codes_of, fit_codes


def test_every_length_has_a_map_of_its_own(row):
    assert {bits: weights["kernel"].shape for bits, weights in row.codes.items()} == {
        8: (6, 8), 16: (6, 16),
    }  # fmt: skip
    again = fit_codes(row.run, "mems+dase", None)
    np.testing.assert_array_equal(again[8]["kernel"], row.codes[8]["kernel"])


def test_a_picture_and_its_mirror_image_have_one_code():
    weights = {"kernel": np.array([[1.0, -1.0]]), "bias": np.array([0.0, 0.5])}
    features = np.array([[[1.0], [3.0]]])
    np.testing.assert_array_equal(codes_of(features, weights), [[2.0, -1.5]])
    np.testing.assert_array_equal(codes_of(features[:, ::-1], weights), [[2.0, -1.5]])
