import numpy as np
import pytest
import tensorflow as tf

from tfretrieval.callbacks import Continuation
from tfretrieval.layers import ScaledTanh

X = np.ones((8, 3), np.float32)


def fitted(**options):
    layer = ScaledTanh()
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(2), layer])
    model.compile("sgd", "mse", jit_compile=False, **options)
    growing = Continuation(layer, rate=1.5)
    logs = model.fit(X, X[:, :2], batch_size=4, epochs=2, verbose=0, callbacks=[growing])
    return float(tf.convert_to_tensor(layer.beta)), logs.history["beta"]


def test_beta_is_that_of_the_last_step():
    beta, logged = fitted()
    np.testing.assert_allclose(beta, np.sqrt(1 + 1.5 * 3))
    np.testing.assert_allclose(logged, np.sqrt([1 + 1.5, 1 + 1.5 * 3]))


def test_changes_once_an_execution():
    np.testing.assert_allclose(fitted(steps_per_execution=2)[0], np.sqrt(1 + 1.5 * 2))


def test_refuses_a_negative_rate():
    with pytest.raises(ValueError, match="rate must not be negative"):
        Continuation(ScaledTanh(), rate=-1.0)
