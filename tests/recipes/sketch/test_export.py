"""The files of sketch retrieval that another program uses."""

import numpy as np
import pytest

from recipes.sketch.export import export
from tfretrieval.models import load_model


@pytest.fixture(scope="module")
def folder(row):
    export(row.run, row.encoder, row.features, row.codes)
    return row.run.folder


def test_packed_codes_of_every_length_stand_beside_ids_and_labels(folder, row):
    codes = folder.read_arrays("codes")
    assert codes["query_packed_16"].shape == (12, 2)
    assert codes["database_packed_8"].shape == (20, 1)
    data = row.run.data
    np.testing.assert_array_equal(codes["query_ids"], data.records.ids[data.query])
    np.testing.assert_array_equal(codes["database_labels"], data.records.labels[data.database])


def test_the_model_is_loaded_with_the_features_of_the_run(folder, row):
    model = load_model(folder / "model.keras")
    images = {"image": np.full((1, 16, 16, 3), 9.0, np.float32), "domain": np.array([0])}
    expected = row.encoder.predict(images, verbose=0)
    np.testing.assert_allclose(model.predict(images, verbose=0), expected, atol=1e-6)
