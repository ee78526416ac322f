import numpy as np
import pytest

from recipes import gdf

pytestmark = pytest.mark.usefixtures("eager_training")


def test_hash_layers_on_the_frozen_features_differ_by_their_loss(run, start):
    frozen = gdf.rivals.train_frozen(run, start)
    assert frozen.features.shape[0] == frozen.logits.shape[0] == 36
    found = {result.name: result for result in gdf.rivals.run_rivals(run, frozen)}
    assert list(found) == ["cross-entropy", "fixed", "adaptive"]
    assert len({result.accuracy for result in found.values()}) == 1
    # The margin is the fixed triplet's alone.
    other = run.with_config(margin=8.0).inside("other")
    again = {result.name: result for result in gdf.rivals.run_rivals(other, frozen)}
    assert np.abs(found["fixed"].codes - again["fixed"].codes).max() > 1e-6
    np.testing.assert_array_equal(found["adaptive"].codes, again["adaptive"].codes)
