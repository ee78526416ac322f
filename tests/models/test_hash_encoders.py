import numpy as np
import pytest
import tensorflow as tf

from tests.checks import mixed_precision
from tests.export.encoders import network
from tfretrieval.backbones import resnet18, se_resnet
from tfretrieval.losses import InBatch, TripletLoss
from tfretrieval.models import (
    classifier,
    classifier_hash_encoder,
    hash_encoder,
    load_model,
)

IMAGES = np.random.default_rng(0).uniform(0, 255, (6, 32, 32, 3)).astype(np.float32)


def test_shares_the_backbone_with_the_classifier():
    backbone = network()
    encoder = hash_encoder(backbone, bits=8)
    before = encoder(IMAGES).numpy()
    model = classifier(backbone, num_classes=2)
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, jit_compile=False)
    model.fit(IMAGES, np.arange(6) % 2, verbose=0)
    assert np.abs(encoder(IMAGES) - before).max() > 0


def test_frozen_backbone_trains_the_hash_layer_alone():
    backbone = network()
    backbone.trainable = False
    encoder = hash_encoder(backbone, bits=8)
    frozen = [w.copy() for w in backbone.get_weights()]
    kernel = encoder.get_layer("codes").get_weights()[0]
    encoder.compile("adam", InBatch(TripletLoss(), "all"), jit_compile=False)
    encoder.fit(IMAGES, np.arange(6) % 2, verbose=0)
    assert all((a == b).all() for a, b in zip(frozen, backbone.get_weights(), strict=True))
    assert (encoder.get_layer("codes").get_weights()[0] != kernel).any()


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_keras_file_round_trip_and_float32_codes_under_mixed_precision(activation, tmp_path):
    with mixed_precision():
        # Layers of this package are in the file too.
        encoder = hash_encoder(resnet18((32, 32, 3), width=4), 12, activation)
    codes = encoder(IMAGES)
    assert codes.dtype == tf.float32 and np.abs(codes).max() <= 1
    encoder.save(tmp_path / "model.keras")
    loaded = tf.keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(IMAGES), codes, atol=1e-3)


def test_codes_of_sketches_and_photos_come_from_one_network():
    encoder = hash_encoder(se_resnet((32, 32, 3), domain_aware=True, width=4), bits=8)
    layer = encoder.get_layer("stage1_block1_dase")
    w1, b1, w2, b2 = layer.get_weights()
    w2[-1] = -5.0
    layer.set_weights([w1, b1, w2, b2])
    sketches = encoder({"image": IMAGES, "domain": np.zeros(6, np.int32)})
    photos = encoder({"image": IMAGES, "domain": np.ones(6, np.int32)})
    assert sketches.shape == photos.shape == (6, 8)
    assert np.abs(sketches - photos).max() > 1e-4


def views_of_a_picture():
    return {view: classifier(network(), num_classes=3) for view in ("whole", "crop")}


def test_features_of_several_views_are_read_in_a_row():
    classifiers = views_of_a_picture()
    encoder = classifier_hash_encoder(classifiers, bits=8)
    seen = {"whole": IMAGES, "crop": IMAGES[::-1]}
    features = [
        tf.keras.Model(model.input, model.get_layer("features").output)(seen[view])
        for view, model in classifiers.items()
    ]
    codes = encoder.get_layer("codes")
    np.testing.assert_allclose(encoder(seen), codes(tf.concat(features, axis=1)), atol=1e-6)


def test_probabilities_of_several_views_are_multiplied():
    classifiers = views_of_a_picture()
    encoder = classifier_hash_encoder(classifiers, 8, reads="probabilities", temperature=2.0)
    seen = {"whole": IMAGES, "crop": IMAGES[::-1]}
    product = np.prod(
        [tf.nn.softmax(model(seen[view]) / 2).numpy() for view, model in classifiers.items()],
        axis=0,
    )
    roots = np.sqrt(product / product.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(encoder(seen), encoder.get_layer("codes")(roots), atol=1e-5)


@pytest.mark.parametrize("reads", ["features", "probabilities"])
def test_an_encoder_of_two_views_survives_a_keras_file(reads, tmp_path):
    encoder = classifier_hash_encoder(views_of_a_picture(), 8, reads=reads)
    encoder.save(tmp_path / "model.keras")
    seen = {"whole": IMAGES, "crop": IMAGES[::-1]}
    loaded = load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(seen), encoder(seen), atol=1e-6)


def test_one_classifier_needs_no_name_of_a_view():
    model = classifier(network(), num_classes=3)
    encoder = classifier_hash_encoder(model, 8, reads="probabilities")
    roots = tf.sqrt(tf.nn.softmax(model(IMAGES)))
    np.testing.assert_allclose(encoder(IMAGES), encoder.get_layer("codes")(roots), atol=1e-6)


def test_other_readings_and_no_classifier_are_refused():
    model = classifier(network(), num_classes=3)
    with pytest.raises(ValueError, match="reads must be one of"):
        classifier_hash_encoder(model, 8, reads="logits")
    with pytest.raises(ValueError, match="at least one classifier"):
        classifier_hash_encoder({}, 8)
