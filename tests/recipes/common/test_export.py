"""What another program gets: held end to end by ``check_recipe``; here, what the files hold."""

import numpy as np
import pytest
import tensorflow as tf

from recipes.common.export import export
from recipes.folder_triplet import Config
from tests.recipes.opening import opened
from tests.recipes.pictures import write_folder
from tfretrieval.codes import pack
from tfretrieval.models import classifier_hash_encoder

pytestmark = pytest.mark.usefixtures("all_files")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    config = Config(data_dir=str(write_folder(folder / "pictures")), image_size=16, bits=5)
    run = opened(config, folder / "run")
    inputs = tf.keras.Input((16, 16, 3))
    x = tf.keras.layers.Conv2D(4, 3, strides=4, name="map")(inputs)
    x = tf.keras.layers.GlobalAveragePooling2D(name="features")(x)
    classifier = tf.keras.Model(inputs, tf.keras.layers.Dense(3, name="logits")(x))
    generator = np.random.default_rng(0)
    head = {
        "codes": generator.standard_normal((36, 5)).astype(np.float32),
        "kernel": generator.standard_normal((4, 5)).astype(np.float32),
        "bias": generator.standard_normal(5).astype(np.float32),
    }
    encoder = classifier_hash_encoder(classifier, 5)
    export(run, encoder, head)
    return run, classifier, head


def test_codes_of_both_parts_stand_beside_ids_and_labels(exported):
    run, _, head = exported
    codes, data = run.folder.read_arrays("codes"), run.data
    for part in ("database", "query"):
        indices = getattr(data, part)
        np.testing.assert_array_equal(codes[f"{part}_codes"], head["codes"][indices])
        np.testing.assert_array_equal(codes[f"{part}_packed"], pack(head["codes"][indices]))
        assert codes[f"{part}_ids"].tolist() == data.records.ids[indices].tolist()
        np.testing.assert_array_equal(codes[f"{part}_labels"], data.records.labels[indices])
    assert codes["bits"] == 5 and codes["class_names"].tolist() == list(data.records.class_names)


def test_the_encoder_is_the_frozen_network_under_the_trained_head(exported):
    run, classifier, head = exported
    encoder = tf.keras.models.load_model(run.folder / "model.keras")
    pictures = np.random.default_rng(1).uniform(0, 255, (2, 16, 16, 3)).astype(np.float32)
    features = tf.keras.Model(classifier.input, classifier.get_layer("features").output)
    expected = np.tanh(features.predict(pictures, verbose=0) @ head["kernel"] + head["bias"])
    np.testing.assert_allclose(encoder.predict(pictures, verbose=0), expected, atol=1e-5)
    assert (run.folder / "savedmodel").is_dir() and (run.folder / "encoder.weights.h5").exists()
