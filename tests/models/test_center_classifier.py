import numpy as np
import pytest
import tensorflow as tf

from tests.checks import mixed_precision
from tfretrieval.backbones import se_resnet
from tfretrieval.losses import CenterLoss, ImprovedCenterLoss
from tfretrieval.metrics import NearestOtherCenterDistance, OwnCenterDistance
from tfretrieval.models import center_classifier, load_model

IMAGES = np.random.default_rng(0).uniform(0, 255, (6, 32, 32, 3)).astype(np.float32)
LABELS = np.arange(6) % 3
CROSS_ENTROPY = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def build(num_classes=3, **kwargs):
    image = tf.keras.Input((32, 32, 3), name="image")
    pixels = tf.keras.layers.Rescaling(1 / 255)(image)
    maps = tf.keras.layers.Conv2D(8, 3, strides=4, activation="relu")(pixels)
    return center_classifier(tf.keras.Model(image, maps, name="tiny"), num_classes, **kwargs)


@pytest.mark.parametrize("update", ["gradient", "running"])
@pytest.mark.parametrize("loss", [CenterLoss(), ImprovedCenterLoss()], ids=lambda loss: loss.name)
def test_fits_two_named_outputs_and_survives_a_keras_file(update, loss, tmp_path):
    model = build(embedding=5, update=update)
    x = {"image": IMAGES, "label": LABELS} if update == "running" else IMAGES
    model.compile(
        "sgd",
        loss={"logits": CROSS_ENTROPY, "center_distances": loss},
        loss_weights={"logits": 1.0, "center_distances": 0.5},
        metrics={"center_distances": [OwnCenterDistance(), NearestOtherCenterDistance()]},
        jit_compile=False,
    )
    centers = model.get_layer("center_distances").get_weights()[0].copy()
    data = tf.data.Dataset.from_tensors((x, {"logits": LABELS, "center_distances": LABELS}))
    logs = model.fit(data, verbose=0).history
    parts = logs["logits_loss"][0] + 0.5 * logs["center_distances_loss"][0]
    np.testing.assert_allclose(logs["loss"][0], parts, rtol=1e-5)
    assert any(name.endswith("d_own") for name in logs)
    assert (model.get_layer("center_distances").get_weights()[0] != centers).any()

    model.save(tmp_path / "model.keras")
    loaded, expected = load_model(tmp_path / "model.keras")(x), model(x)
    assert set(expected) == {"logits", "center_distances"}
    for name, values in expected.items():
        np.testing.assert_allclose(loaded[name], values, rtol=1e-4, atol=1e-4)


def test_both_heads_read_the_embedding_which_needs_no_label():
    model = build(embedding=5, update="running")
    encoder = tf.keras.Model(model.input["image"], model.get_layer("embedding").output)
    embedding = encoder(IMAGES).numpy()
    out = model({"image": IMAGES, "label": LABELS})
    centers = model.get_layer("center_distances").get_weights()[0]
    kernel, bias = model.get_layer("logits").get_weights()
    expected = np.square(embedding[:, None] - centers[None]).sum(-1)
    np.testing.assert_allclose(out["center_distances"], expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(out["logits"], embedding @ kernel + bias, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("update", ["gradient", "running"])
def test_the_domain_of_a_backbone_is_an_input_beside_the_label(update):
    backbone = se_resnet((32, 32, 3), domain_aware=True, width=4)
    model = center_classifier(backbone, num_classes=3, embedding=5, update=update)
    inputs = {"image": IMAGES, "domain": np.arange(6) % 2}
    labelled = {**inputs, "label": LABELS} if update == "running" else inputs
    assert set(model.input) == set(labelled)
    out = model(labelled)
    encoder = tf.keras.Model(backbone.input, model.get_layer("embedding").output)
    kernel, bias = model.get_layer("logits").get_weights()
    expected = encoder(inputs) @ kernel + bias
    np.testing.assert_allclose(out["logits"], expected, rtol=1e-4, atol=1e-4)


def test_without_an_embedding_the_centers_lie_among_the_pooled_features():
    model = build()
    assert model.get_layer("center_distances").get_weights()[0].shape == (3, 8)
    assert not any(layer.name == "embedding" for layer in model.layers)


def test_outputs_are_float32_under_mixed_precision():
    with mixed_precision():
        out = build(embedding=5)(IMAGES)
    assert out["logits"].dtype == out["center_distances"].dtype == tf.float32


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"embedding": 0}, "at least 1"),
        ({"update": "mean"}, "one of"),
        ({"num_classes": 1}, "two classes"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        build(**arguments)
