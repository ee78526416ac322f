import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_layer, mixed_precision
from tests.golden_files import assert_matches, golden
from tfretrieval.layers import DomainAwareSqueezeExcite
from tfretrieval.models import load_model

X = np.random.default_rng(0).standard_normal((3, 4, 5, 32)).astype(np.float32)
DOMAIN = np.array([0, 1, 1])
FILE = golden("se_dase")
PARTS = ("fc1_kernel", "fc1_bias", "fc2_kernel", "fc2_bias")


def with_golden_weights():
    layer = DomainAwareSqueezeExcite()
    layer.build([FILE["x"].shape, FILE["domain"].shape])
    layer.set_weights([FILE[f"dase_{part}"] for part in PARTS])
    return layer


@tf.keras.utils.register_keras_serializable(package="tests")
class EveryOtherIsAPhoto(DomainAwareSqueezeExcite):
    """The layer as one of maps alone, which is what the checker knows."""

    def build(self, input_shape):
        super().build([input_shape, input_shape[:1]])

    def call(self, inputs):
        return super().call([inputs, tf.range(tf.shape(inputs)[0]) % 2])

    def compute_output_shape(self, input_shape):
        return super().compute_output_shape([input_shape, input_shape[:1]])


def test_matches_the_authors_code():
    layer = with_golden_weights()
    x, domain = FILE["x"], FILE["domain"]
    assert_matches(layer.gate([x, domain]), FILE["dase_gate"])
    assert_matches(layer([x, domain]), FILE["dase_out"])
    assert_matches(layer.gate([x, 1 - domain]), FILE["dase_gate_domain_flipped"])


@pytest.mark.parametrize("mode", ["eager", "graph", "xla"])
@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint8, np.float16, np.float32, bool])
@pytest.mark.parametrize("column", [False, True], ids=["[B]", "[B, 1]"])
def test_every_number_type_and_shape_of_the_domain(mode, dtype, column):
    layer = with_golden_weights()
    domain = FILE["domain"].astype(dtype)
    domain = tf.constant(domain[:, None] if column else domain)

    def call(x, domain):
        return layer([x, domain])

    step = call if mode == "eager" else tf.function(call, jit_compile=mode == "xla")
    assert_matches(step(tf.constant(FILE["x"]), domain), FILE["dase_out"])


def test_a_graph_that_does_not_know_the_rank_of_the_domain():
    layer = with_golden_weights()
    graph = tf.function(lambda x, domain: layer([x, domain]), jit_compile=False)
    step = graph.get_concrete_function(
        tf.TensorSpec([None, *FILE["x"].shape[1:]]), tf.TensorSpec(None, tf.int32)
    )
    for domain in (FILE["domain"], FILE["domain"][:, None]):
        out = step(tf.constant(FILE["x"]), tf.constant(domain, tf.int32))
        assert_matches(out, FILE["dase_out"])


def test_contract():
    check_layer(EveryOtherIsAPhoto, X)


def test_the_last_row_is_the_step_from_sketch_to_photo():
    layer = with_golden_weights()
    sketch, photo = (layer.gate([FILE["x"], np.full(4, d)]).numpy() for d in (0, 1))
    step = np.log(photo / (1 - photo)) - np.log(sketch / (1 - sketch))
    np.testing.assert_allclose(step, np.tile(FILE["dase_fc2_kernel"][-1], (4, 1)), atol=1e-4)


def test_an_initial_gate_is_that_of_both_domains_and_the_domain_is_learned():
    layer = DomainAwareSqueezeExcite(initial_gate=0.98)
    np.testing.assert_allclose(layer([X, DOMAIN]), 0.98 * X, rtol=1e-5)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(layer([X, DOMAIN]) ** 2)
    gradient = tape.gradient(loss, layer.trainable_variables)[2]
    assert np.abs(gradient[-1]).min() > 0


def test_two_inputs_fit_and_survive_a_keras_file(tmp_path):
    image = tf.keras.Input((4, 5, 32), name="image")
    domain = tf.keras.Input((), dtype="int32", name="domain")
    layer = DomainAwareSqueezeExcite(name="out")
    model = tf.keras.Model({"image": image, "domain": domain}, layer([image, domain]))
    before = [w.copy() for w in layer.get_weights()]
    model.compile("sgd", "mse", jit_compile=False)
    inputs = {"image": X, "domain": DOMAIN}
    model.fit(tf.data.Dataset.from_tensors((inputs, X)), verbose=0)
    for old, new in zip(before, layer.get_weights(), strict=True):
        assert (old != new).any()
    model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras").predict(inputs, verbose=0)
    np.testing.assert_allclose(loaded, model.predict(inputs, verbose=0), atol=1e-5)


def test_an_empty_batch_and_half_precision_pass():
    layer = with_golden_weights()
    x, domain = FILE["x"], FILE["domain"]
    assert layer([x[:0], domain[:0]]).shape == (0, 5, 4, 64)
    with mixed_precision():
        half = DomainAwareSqueezeExcite()
        half.build([x.shape, domain.shape])
        half.set_weights(layer.get_weights())
        out = half([x.astype(np.float16), domain])
    assert out.dtype == tf.float16
    np.testing.assert_allclose(out, FILE["dase_out"], atol=0.02)


@pytest.mark.parametrize("domain", [[0, 1, 2], [0, 1, -1], [0.0, 1.0, 0.5], [0.0, 1.0, np.nan]])
def test_a_domain_that_is_neither_0_nor_1_is_refused_in_graphs_too(domain):
    layer = DomainAwareSqueezeExcite()
    layer([X, DOMAIN])
    for call in (layer, tf.function(lambda inputs: layer(inputs), jit_compile=False)):
        with pytest.raises(tf.errors.InvalidArgumentError, match="domain must be 0 .* or 1"):
            call([tf.constant(X), tf.constant(domain)])


def test_a_missing_domain_is_told():
    layer = DomainAwareSqueezeExcite()
    for maps in (X, [X], tf.keras.Input((4, 5, 32)), X[:, 0, 0]):
        with pytest.raises(ValueError, match="the domain is missing: call the layer with"):
            layer(maps)
    layer([X, DOMAIN])
    with pytest.raises(ValueError, match="the domain is missing"):
        layer.gate(X)


@pytest.mark.parametrize("domain", [np.zeros((3, 2)), np.zeros(2), np.zeros(())])
def test_refuses_a_domain_of_another_shape(domain):
    with pytest.raises(ValueError, match="one number for each of 3 maps"):
        DomainAwareSqueezeExcite()([X, domain])
