"""What is logged of gates, against the same by hand."""

import numpy as np
import tensorflow as tf

from tfretrieval.callbacks import GateStatistics
from tfretrieval.layers import DomainAwareSqueezeExcite, SqueezeExcite

X = np.random.default_rng(0).standard_normal((6, 4, 4, 8)).astype(np.float32)
DOMAIN = np.array([0, 1, 0, 1, 0, 1], np.int32)


def fitted(model, inputs):
    model.compile("sgd", "mse", jit_compile=False, run_eagerly=True)
    watch = GateStatistics(inputs)
    targets = np.ones([6, 8], np.float32)
    return model.fit(inputs, targets, epochs=2, callbacks=[watch], verbose=0).history


def test_mean_and_spread_are_over_all_gates_after_the_epoch():
    inputs = tf.keras.Input((4, 4, 8))
    first = SqueezeExcite(reduction=2, name="first")
    second = SqueezeExcite(reduction=2, name="second")
    pooled = tf.keras.layers.GlobalAveragePooling2D()(second(first(inputs)))
    history = fitted(tf.keras.Model(inputs, pooled), X)
    gates = np.stack([first.gate(X), second.gate(first(X))])
    np.testing.assert_allclose(history["gate_mean"][-1], gates.mean(), rtol=1e-5)
    np.testing.assert_allclose(history["gate_spread"][-1], gates.std(), rtol=1e-4)
    assert "gate_domains" not in history


def test_domains_are_told_of_the_same_pictures():
    image, domain = (
        tf.keras.Input((4, 4, 8), name="image"),
        tf.keras.Input((), dtype="int32", name="domain"),
    )
    layer = DomainAwareSqueezeExcite(reduction=2)
    pooled = tf.keras.layers.GlobalAveragePooling2D()(layer([image, domain]))
    model = tf.keras.Model({"image": image, "domain": domain}, pooled)
    history = fitted(model, {"image": X, "domain": DOMAIN})
    told = [np.asarray(layer.gate([X, np.full(6, d, np.int32)])) for d in (0, 1)]
    expected = np.abs(told[0] - told[1]).mean()
    np.testing.assert_allclose(history["gate_domains"][-1], expected, rtol=1e-4)
    assert expected > 0


def test_a_network_without_gates_logs_nothing():
    inputs = tf.keras.Input((4, 4, 8))
    model = tf.keras.Model(inputs, tf.keras.layers.GlobalAveragePooling2D()(inputs))
    assert set(fitted(model, X)) == {"loss"}
