import functools

import numpy as np
import pytest
import tensorflow as tf

from tests.checks import mixed_precision
from tests.golden_files import assert_matches, golden
from tfretrieval.backbones import inception_v3, resnet18, se_resnet
from tfretrieval.export import export_encoder
from tfretrieval.losses import BitBalanceLoss, CauchyQuantizationLoss, Sum
from tfretrieval.models import gdf_net, load_model

FILE = golden("gdfnet")
RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(0, 255, (6, 32, 32, 3)).astype(np.float32)
LABELS = np.array([0, 1, 2, 0, 1, 2])
CROSS_ENTROPY = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
TERMS = Sum([CauchyQuantizationLoss(), BitBalanceLoss()], weights=[0.1, 0.1])


def small(num_classes=3, bits=10, parts=4, **kwargs):
    image = tf.keras.Input((32, 32, 3), name="image")
    x = tf.keras.layers.Rescaling(1 / 127.5, -1)(image)
    x = tf.keras.layers.Conv2D(6, 3, strides=4, activation="relu", name="fine")(x)
    x = tf.keras.layers.Conv2D(8, 3, activation="relu", name="coarse")(x)
    return gdf_net(tf.keras.Model(image, x, name="tiny"), num_classes, bits, parts, **kwargs)


def compiled(model):
    model.compile(
        "adam", loss={"logits": CROSS_ENTROPY, "codes": TERMS}, metrics={"logits": ["accuracy"]},
        jit_compile=False,
    )  # fmt: skip
    return model


def batches(model):
    """The label as target of every output: Keras 3 looks for one as soon as there are metrics."""
    return tf.data.Dataset.from_tensors((IMAGES, dict.fromkeys(model.output, LABELS)))


ROWS = pytest.mark.parametrize(
    "kwargs",
    [{}, {"graph": False}, {"graph": False, "attention": False}],
    ids=["whole", "no-graph", "backbone"],
)


@ROWS
def test_fits_named_outputs_and_survives_a_keras_file(kwargs, tmp_path):
    model = compiled(small(**kwargs))
    first = model.fit(batches(model), verbose=0).history
    parts = first["logits_loss"][0] + first["codes_loss"][0]
    np.testing.assert_allclose(first["loss"][0], parts, rtol=1e-5)
    assert "logits_accuracy" in first
    model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    expected, actual = (one(IMAGES) for one in (model, loaded))
    assert set(expected) - {"attention"} == {"logits", "codes"}
    assert ("attention" in expected) == kwargs.get("attention", True)
    for name, values in expected.items():
        np.testing.assert_allclose(actual[name], values, rtol=1e-4, atol=1e-5)
    loaded.fit(batches(loaded), verbose=0)


@ROWS
def test_every_weight_learns(kwargs, eager_training):
    model = compiled(small(**kwargs))
    before = [v.numpy().copy() for v in model.trainable_variables]
    model.fit(batches(model), epochs=3, verbose=0)
    for old, variable in zip(before, model.trainable_variables, strict=True):
        assert (old != variable.numpy()).any(), variable.name


def test_without_metrics_attention_needs_no_target(eager_training):
    model = small()
    model.compile("sgd", {"logits": CROSS_ENTROPY, "codes": TERMS}, jit_compile=False)
    data = tf.data.Dataset.from_tensors((IMAGES, {"logits": LABELS, "codes": LABELS}))
    assert np.isfinite(model.fit(data, verbose=0).history["loss"][0])


def test_matches_the_authors_head():
    features, maps = tf.keras.Input((6, 6, 16)), tf.keras.layers.Activation("linear", name="same")
    model = gdf_net(tf.keras.Model(features, maps(features)), 5, bits=12, parts=7, scale=100.0)
    for number, edge in enumerate(model.get_layer("graph").edges, 1):
        norm = [FILE[f"bn{number}_{name}"] for name in ("gamma", "beta", "mean", "var")]
        edge.set_weights([FILE[f"edge{number}_kernel"], *norm])
    model.get_layer("codes").set_weights([FILE["hash_kernel"], FILE["hash_bias"]])
    model.get_layer("logits").set_weights([FILE["class_kernel"]])
    # From attention on: the maps are those of the file.
    given = tf.keras.Input((6, 6, 7))
    inputs = [features, given]
    pooled = model.get_layer("pooling")(inputs)
    graph = model.get_layer("graph")(model.get_layer("nodes")(inputs))
    x = model.get_layer("features")(model.get_layer("parts")([pooled, graph]))
    codes = model.get_layer("codes")(x)
    head = tf.keras.Model(inputs, [x, codes, model.get_layer("logits")(codes)])
    x, codes, logits = head.predict([FILE["features"], FILE["attentions"]], verbose=0)
    assert_matches(x @ FILE["hash_kernel"] + FILE["hash_bias"], FILE["hash"])
    np.testing.assert_allclose(codes, np.tanh(FILE["hash"]), atol=1e-5)
    np.testing.assert_allclose(logits, np.tanh(FILE["hash"]) @ FILE["class_kernel"], atol=1e-4)


def test_the_scale_is_the_authors_at_their_size_and_starts_every_size_alike():
    def spread(parts, channels, **kwargs):
        maps = tf.keras.Input((3, 3, channels))
        end = tf.keras.layers.Activation("relu")(maps)
        model = gdf_net(tf.keras.Model(maps, end), 3, parts=parts, **kwargs)
        codes = model.predict(RNG.standard_normal((8, 3, 3, channels)), verbose=0)["codes"]
        return model.get_layer("features").scale, np.abs(codes).mean()

    assert spread(32, 768)[0] == pytest.approx(100)
    for kwargs in ({}, {"graph": False}):
        scale, size = spread(4, 32, **kwargs)
        # With the authors' 100 most bits of a small network start at their ends.
        assert size < 0.6 < spread(4, 32, scale=100.0, **kwargs)[1]
        assert scale < 30


def test_attention_is_one_map_for_each_part_and_never_negative():
    out = small(parts=5, neighbours=2).predict(IMAGES, verbose=0)
    assert out["attention"].shape == (6, 6, 6, 5)
    assert out["attention"].min() >= 0 and out["codes"].shape == (6, 10)
    assert np.abs(out["codes"]).max() <= 1


def test_the_backbone_is_cut_at_a_layer():
    assert small(layer="fine").output["attention"].shape[1:3] == (8, 8)
    names = [layer.name for layer in small(layer="fine").layers]
    assert "coarse" not in names


def test_features_without_attention_are_the_pooled_map():
    model = small(attention=False, graph=False)
    both = tf.keras.Model(
        model.input, [model.get_layer(name).output for name in ("coarse", "features")]
    )
    maps, features = both.predict(IMAGES, verbose=0)
    np.testing.assert_allclose(features, maps.mean(axis=(1, 2)), rtol=1e-5)


@pytest.mark.parametrize(
    "backbone, layer, shape",
    [
        (functools.partial(resnet18, (128, 128, 3), width=8), None, (4, 4)),
        (functools.partial(inception_v3, (75, 75, 3)), "mixed7", (3, 3)),
    ],
    ids=["resnet18", "inception_v3"],
)
def test_on_backbones(backbone, layer, shape):
    model = gdf_net(backbone(), 3, bits=8, parts=3, layer=layer)
    assert model.output["attention"].shape[1:] == (*shape, 3)
    assert model.output["logits"].shape[1:] == (3,)


def test_inception_is_cut_where_the_authors_cut_it():
    backbone = inception_v3((299, 299, 3))
    assert backbone.get_layer("mixed7").output.shape[1:] == (17, 17, 768)


def test_the_domain_of_a_backbone_is_an_input():
    backbone = se_resnet((32, 32, 3), domain_aware=True, width=4)
    model = gdf_net(backbone, 3, bits=8, parts=3)
    assert set(model.input) == {"image", "domain"}
    model.predict({"image": IMAGES, "domain": np.arange(6) % 2}, verbose=0)


def test_outputs_are_float32_under_mixed_precision_and_train(eager_training):
    with mixed_precision():
        model = compiled(small())
        assert {x.dtype for x in map(tf.convert_to_tensor, model(IMAGES).values())} == {tf.float32}
        history = model.fit(batches(model), epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()


def test_exports_codes(tmp_path):
    model = small()
    encoder = tf.keras.Model(model.input, model.get_layer("codes").output)
    export_encoder(encoder, tmp_path / "savedmodel", 32)
    loaded = tf.saved_model.load(tmp_path / "savedmodel")
    out = loaded.signatures["encode_images"](images=tf.constant(IMAGES))
    np.testing.assert_allclose(out["codes"], encoder.predict(IMAGES, verbose=0), atol=1e-5)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"num_classes": 1}, "two classes"),
        ({"bits": 0}, "bits must be at least 1"),
        ({"parts": 0}, "parts must be at least 1"),
        ({"neighbours": 0}, "neighbours must be at least 1"),
        ({"neighbours": 5}, "5 neighbours are more than the 4 nodes"),
        ({"attention": False}, "needs attention=True"),
        ({"scale": 0.0}, "scale must be positive"),
        ({"layer": "mixed7"}, "tiny has no layer 'mixed7'"),
        ({"hash_activation": "relu"}, "activation must be one of"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        small(**arguments)


@pytest.mark.parametrize("attention", [True, False])
def test_refuses_a_backbone_that_ends_in_a_vector(attention):
    with pytest.raises(ValueError, match="must end in a map"):
        gdf_net(resnet18((32, 32, 3), width=4, num_classes=3), 3, attention=attention, graph=False)
