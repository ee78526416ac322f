import numpy as np
import pytest
import tensorflow as tf

from tfretrieval.callbacks import MarginAnnealing
from tfretrieval.losses import MultiplicativeEuclideanMarginSoftmax


class Watch(tf.keras.callbacks.Callback):
    def __init__(self, loss):
        super().__init__()
        self.loss, self.seen = loss, []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(float(self.loss.current))


def trained(epochs, steps, begun=0):
    loss = MultiplicativeEuclideanMarginSoftmax(4.0)
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(3, "relu")])
    model.compile("sgd", loss, jit_compile=False)
    model.optimizer.build(model.trainable_variables)
    model.optimizer.iterations.assign(begun)
    watch = Watch(loss)
    logs = model.fit(
        np.ones((4, 3), np.float32),
        np.zeros(4),
        batch_size=1,
        epochs=epochs,
        verbose=0,
        callbacks=[MarginAnnealing(loss, steps), watch],
    )
    return watch.seen, logs.history["margin"]


def test_the_first_step_has_no_margin_and_it_grows_in_a_straight_line():
    seen, logged = trained(epochs=2, steps=6)
    np.testing.assert_allclose(seen, [1, 1.5, 2, 2.5, 3, 3.5, 4, 4])
    np.testing.assert_allclose(logged, [2.5, 4])


def test_resumed_by_the_optimizer_s_counter_it_goes_on_where_it_was():
    whole, _ = trained(epochs=2, steps=8)
    rest, _ = trained(epochs=1, steps=8, begun=4)
    np.testing.assert_allclose(rest, whole[4:])


def test_no_steps_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        MarginAnnealing(MultiplicativeEuclideanMarginSoftmax(), steps=0)
