"""The files of sketch retrieval that another program uses."""

import numpy as np
import pytest

from recipes.sketch.center_codes import codes_of
from recipes.sketch.export import code_network, export
from tfretrieval.encoders import RunEncoder
from tfretrieval.models import load_model


@pytest.fixture(scope="module")
def folder(row):
    export(row.run, "mems", row.encoder, row.features, row.codes)
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


def test_a_sketch_and_a_photo_of_the_run_are_encoded_to_its_longest_codes(folder, row):
    data, codes = row.run.data, folder.read_arrays("codes")
    encoder = RunEncoder(folder.path)
    assert encoder.knows_sketches and encoder.bits == 16
    for part, sketches in (("query", True), ("database", False)):
        contents = [data.records.read(index) for index in getattr(data, part)]
        found = encoder.encode(contents, sketches).packed
        np.testing.assert_array_equal(found, codes[f"{part}_packed_16"])
    photos = [data.records.read(index) for index in data.database]
    told_wrong = encoder.encode(photos, sketches=True).features
    assert np.abs(told_wrong - encoder.encode(photos).features).max() > 1e-6


def test_codes_of_a_loss_on_angles_are_of_features_of_length_one(row):
    images = np.random.default_rng(0).uniform(0, 255, (3, 16, 16, 3)).astype(np.float32)
    domain = np.array([0, 1, 1], np.int32)
    weights = row.codes[8]
    found = code_network(row.encoder, "cosface", weights)({"image": images, "domain": domain})
    views = np.stack(
        [row.encoder({"image": view, "domain": domain}) for view in (images, images[:, :, ::-1])], 1
    )
    views /= np.linalg.norm(views, axis=-1, keepdims=True)
    np.testing.assert_allclose(found, codes_of(views, weights), atol=1e-5)
