import numpy as np
import pytest

from recipes import gdf
from tfretrieval.evaluation import bit_usage

pytestmark = pytest.mark.usefixtures("eager_training")


def test_a_row_is_measured_and_its_bits_are_counted_over_the_database(run):
    data = run.data
    codes = np.random.default_rng(0).standard_normal((36, 12)).astype(np.float32)
    logits = np.eye(3)[data.records.labels]
    result = gdf.gdf_result.measured(run, "balance", codes, logits, {}, 1.0, 1e-3)
    assert result.title == "+ bit balance" and result.accuracy == 1
    np.testing.assert_array_equal(result.usage.shares, bit_usage(codes[data.database]).shares)
    assert result.row.average_precision.shape == (12,) and result.attention is None
    assert result.rate == 1e-3


def test_parts_look_at_the_pictures_that_are_shown(run, start):
    model, _ = gdf.training.train(run, "attention", start)
    maps = gdf.gdf_result.attention_of(run, model, start)
    assert maps.shape[0] == 3 and maps.shape[-1] == 3
    assert gdf.gdf_result.shown(run, 20).shape == (3, 20, 20, 3)
    plain, _ = gdf.training.train(run, "backbone", start)
    assert gdf.gdf_result.attention_of(run, plain, start) is None
