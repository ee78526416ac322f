import sys

import numpy as np
import pytest
import tensorflow as tf
from sklearn.preprocessing import StandardScaler

from data_pipelines.standardized import Standardized

FEATURES = np.random.default_rng(0).gamma(1.0, 2.0, (50, 7)).astype(np.float32)
FIT = np.arange(3, 43)
module = sys.modules[Standardized.__module__]


@pytest.fixture(params=["array", "memory map"])
def features(request, tmp_path):
    if request.param == "array":
        return FEATURES
    np.save(tmp_path / "features.npy", FEATURES)
    return np.load(tmp_path / "features.npy", mmap_mode="r")


@pytest.mark.parametrize("standardize", [True, False])
def test_is_what_scikit_learn_makes_of_all_at_once_to_the_last_bit(features, standardize):
    scaler = StandardScaler(with_mean=standardize, with_std=standardize).fit(FEATURES[FIT])
    expected = scaler.transform(FEATURES)
    inputs = Standardized(features, FIT, standardize)
    np.testing.assert_array_equal(inputs[:], expected, strict=True)
    some = np.array([[4, 1], [0, 39]])
    np.testing.assert_array_equal(inputs.gather(FIT)(tf.constant(some)), expected[FIT[some]])
    np.testing.assert_array_equal(inputs.through(lambda x: tf.constant(x), FIT), expected[FIT])


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("block", [1, 16, 40])
def test_blocks_hold_no_more_and_give_the_same(features, standardize, block, monkeypatch):
    whole = Standardized(FEATURES, FIT, standardize)
    monkeypatch.setattr(module, "BLOCK", block)
    inputs = Standardized(features, FIT, standardize)
    np.testing.assert_allclose(inputs[:], whole[:], rtol=1e-5, atol=1e-6)
    asked = []

    def layer(x):
        asked.append(len(x))
        return tf.constant(x)

    np.testing.assert_array_equal(inputs.through(layer, FIT), inputs[FIT])
    assert max(asked) <= block and sum(asked) == len(FIT)
    some = np.random.default_rng(1).integers(0, len(FIT), (6, 5, 3))
    batches = tf.data.Dataset.from_tensor_slices(some).map(inputs.gather(FIT))
    assert batches.element_spec.shape == (5, 3, 7)
    for rows, found in zip(some, batches, strict=True):
        expected = inputs[FIT[rows.reshape(-1)]].reshape(5, 3, 7)
        np.testing.assert_array_equal(found, expected)


def test_no_rows_have_no_codes():
    found = Standardized(FEATURES, FIT, True).through(lambda x: tf.constant(x), FIT[:0])
    assert found.shape == (0, 7)
