"""What is logged of an embedding, against the same by hand; one warning."""

import numpy as np
import pytest
import tensorflow as tf

from tfretrieval.callbacks import EmbeddingStatistics
from tfretrieval.layers import SquaredDistanceToCenters
from tfretrieval.losses import CenterLoss

X = np.random.default_rng(0).standard_normal((6, 4)).astype(np.float32)
Y = np.arange(6) % 2


def model():
    inputs = tf.keras.Input((4,))
    embedding = tf.keras.layers.Dense(3, name="embedding")(inputs)
    distances = SquaredDistanceToCenters(2, name="centers")(embedding)
    built = tf.keras.Model(inputs, distances)
    built.compile("sgd", CenterLoss(), jit_compile=False)
    return built


def test_lengths_and_constant_bits_are_those_after_the_epoch():
    net = model()
    net.get_layer("embedding").bias.assign([9.0, 0.0, -9.0])
    watch = EmbeddingStatistics("embedding", X, centers="centers")
    history = net.fit(X, Y, epochs=2, batch_size=6, callbacks=[watch], verbose=0).history
    kernel, bias = net.get_layer("embedding").get_weights()
    found = X @ kernel + bias
    expected = np.linalg.norm(found, axis=1).mean()
    np.testing.assert_allclose(history["embedding_length"][-1], expected, rtol=1e-5)
    signs = found >= 0
    constant = (signs.all(axis=0) | (~signs).all(axis=0)).sum()
    assert history["constant_bits"][-1] == constant >= 1
    (centers,) = net.get_layer("centers").get_weights()
    lengths = np.linalg.norm(centers, axis=1).mean()
    np.testing.assert_allclose(history["center_length"][-1], lengths, rtol=1e-5)


def test_what_is_wrong_is_told_once_with_the_other_logs_in_hand():
    seen = []

    def tell(logs):
        seen.append(dict(logs))
        return f"{logs['embedding_length']:.0f} long" if len(seen) == 2 else None

    watch = EmbeddingStatistics("embedding", X, tell=tell)
    with pytest.warns(UserWarning, match="long") as told:
        model().fit(X, Y, epochs=4, batch_size=6, callbacks=[watch], verbose=0)
    assert len([one for one in told if "long" in str(one.message)]) == 1
    assert len(seen) == 2 and {"loss", "constant_bits"} <= set(seen[0])
    assert "center_length" not in seen[0]
