import numpy as np
import pytest
import tensorflow as tf

from tests.checks import mixed_precision
from tfretrieval.layers import AttentionCrop, AttentionDrop
from tfretrieval.models import attention_augmented, gdf_net, load_model

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(0, 255, (6, 32, 32, 3)).astype(np.float32)
LABELS = np.array([0, 1, 2, 0, 1, 2])
VIEWS = ("logits", "crop", "drop")
CROSS_ENTROPY = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def backbone(**inputs):
    image = tf.keras.Input((32, 32, 3), name="image")
    x = tf.keras.layers.Rescaling(1 / 127.5, -1)(image)
    x = tf.keras.layers.Conv2D(8, 5, strides=4, activation="relu")(x)
    inputs = {"image": image, **inputs} if inputs else image
    return tf.keras.Model(inputs, x, name="tiny")


def network():
    return gdf_net(backbone(), num_classes=3, bits=10, parts=4)


def fitted(model, **arguments):
    losses = dict.fromkeys(VIEWS, CROSS_ENTROPY)
    model.compile("sgd", losses, jit_compile=False)
    data = tf.data.Dataset.from_tensors((IMAGES, dict.fromkeys(VIEWS, LABELS)))
    return model.fit(data, verbose=0, **arguments).history


def test_trains_the_network_that_it_is_around():
    inner = network()
    model = attention_augmented(inner)
    assert model.get_layer(inner.name) is inner
    before = [w.numpy().copy() for w in inner.trainable_variables]
    fitted(model, epochs=2)
    after = [w.numpy() for w in inner.trainable_variables]
    assert all((b != a).any() for b, a in zip(before, after, strict=True))
    assert len(model.trainable_variables) == len(after)


def test_views_are_whole_pictures_in_inference_and_parts_in_training(eager_training):
    model = attention_augmented(network(), seed=3)
    out = model(IMAGES)
    for name in ("crop", "drop"):
        np.testing.assert_allclose(out[name], out["logits"], atol=1e-5)
    history = fitted(model)
    assert len({float(history[f"{name}_loss"][0]) for name in VIEWS}) == 3


def test_views_are_those_of_the_two_layers():
    inner = network()
    model = attention_augmented(inner, seed=3, fill=(1.0, 2.0, 3.0))
    crop, drop = model.get_layer("attention_crop"), model.get_layer("attention_drop")
    assert isinstance(crop, AttentionCrop) and isinstance(drop, AttentionDrop)
    assert crop.seed == drop.seed == 3
    assert drop.fill == [1.0, 2.0, 3.0]


def test_survives_a_keras_file(tmp_path, eager_training):
    model = attention_augmented(network())
    fitted(model)
    model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    expected, actual = (one(IMAGES) for one in (model, loaded))
    assert set(actual) == {*VIEWS, "codes", "attention"}
    for name, values in expected.items():
        np.testing.assert_allclose(actual[name], values, rtol=1e-4, atol=1e-5)
    # The draws go on where they were.
    assert int(np.asarray(loaded.get_layer("attention_crop").batches)) == 1


def test_trains_under_mixed_precision(eager_training):
    with mixed_precision():
        history = fitted(attention_augmented(network()), epochs=2)
    assert np.isfinite(history["loss"]).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda: gdf_net(backbone(), 3, bits=10, attention=False, graph=False),
        lambda: gdf_net(backbone(domain=tf.keras.Input((1,), name="domain")), 3, bits=10, parts=4),
        backbone,
    ],
    ids=["no attention", "two inputs", "no logits"],
)
def test_refuses(make):
    with pytest.raises(ValueError, match="must have one input, images, and the outputs logits and"):
        attention_augmented(make())
