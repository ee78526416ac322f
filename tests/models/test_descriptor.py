import numpy as np
import pytest
import tensorflow as tf

from tests.checks import mixed_precision
from tfretrieval.backbones import resnet18
from tfretrieval.fitting import LearnedWhitening
from tfretrieval.layers import MAC, RMAC, SPoC
from tfretrieval.losses import ContrastiveLoss
from tfretrieval.models import descriptor, load_model, multi_scale, tuple_encoder

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(0, 255, (4, 64, 96, 3)).astype(np.float32)


def encoder(size=(None, None, 3), pooling=None):
    return descriptor(resnet18(size, width=4), pooling)


@pytest.mark.parametrize(
    "pooling", [None, MAC(), SPoC(), RMAC()], ids=["GeM", "MAC", "SPoC", "RMAC"]
)
def test_every_pooling_gives_vectors_of_length_one_for_pictures_of_every_size(pooling):
    model = encoder(pooling=pooling)
    for images in (IMAGES, IMAGES[:, :33, :65], IMAGES[:, :, :64]):
        lengths = np.linalg.norm(model.predict(images, verbose=0), axis=1)
        np.testing.assert_allclose(lengths, 1, atol=1e-5)


def test_a_projection_begins_as_the_identity_and_is_trained():
    backbone = resnet18((32, 32, 3), width=4)
    plain, projected = descriptor(backbone), descriptor(backbone, projection=True)
    pictures = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype(np.float32)
    np.testing.assert_allclose(projected(pictures), plain(pictures), atol=1e-6)
    kernel = projected.get_layer("projection").trainable_weights[0]
    np.testing.assert_array_equal(kernel, np.eye(32))


def test_descriptors_are_float32_under_mixed_precision():
    with mixed_precision():
        out = encoder()(IMAGES)
    assert out.dtype == tf.float32
    np.testing.assert_allclose(np.linalg.norm(out, axis=1), 1, atol=1e-5)


def test_a_tuple_encoder_shares_its_weights_and_trains(eager_training):
    model = encoder((64, 64, 3))
    tuples = RNG.uniform(0, 255, (2, 4, 64, 64, 3)).astype(np.float32)
    training = tuple_encoder(model, members=4)
    expected = [model(each) for each in tuples]
    np.testing.assert_allclose(training(tuples), expected, atol=1e-5)
    first, p = model.get_weights()[0], model.get_layer("pooling").p
    training.compile("adam", ContrastiveLoss(1.0), jit_compile=False)
    training.fit(tuples, np.zeros(2), verbose=0)
    assert (model.get_weights()[0] != first).any()
    assert model.get_layer("pooling").p != p


def test_multi_scale_is_the_mean_over_resized_pictures():
    model = encoder()
    small = tf.image.resize(IMAGES, (32, 48), antialias=True)
    for power in (1.0, 3.0):
        total = sum(each.numpy() ** power for each in (model(IMAGES), model(small)))
        expected = total ** (1 / power)
        expected /= np.linalg.norm(expected, axis=1, keepdims=True)
        found = multi_scale(model, (1.0, 0.5), power)(IMAGES)
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_multi_scale_whitened_descriptors_survive_a_file(tmp_path):
    model = encoder()
    fitted = LearnedWhitening(8).fit(RNG.standard_normal((40, 32)), np.arange(40).reshape(20, 2))
    whole = multi_scale(fitted.appended_to(model))
    whole.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(IMAGES), whole(IMAGES), atol=1e-5)
    assert loaded(IMAGES).shape == (4, 8)


def test_one_scale_is_the_encoder():
    model = encoder()
    np.testing.assert_allclose(multi_scale(model, (1.0,))(IMAGES), model(IMAGES), atol=1e-6)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="without num_classes"):
        descriptor(resnet18((32, 32, 3), width=4, num_classes=3))
    for wrong in ({"scales": ()}, {"scales": (1.0, 0.0)}, {"power": -1}):
        with pytest.raises(ValueError, match="must be positive"):
            multi_scale(encoder(), **wrong)
