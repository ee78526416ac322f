import contextlib

import numpy as np
import pytest
import tensorflow as tf

from tfretrieval.callbacks import MarginAnnealing
from tfretrieval.losses import MultiplicativeEuclideanMarginSoftmax


class Watch(tf.keras.callbacks.Callback):
    """Keeps the margin of every step, and kills the training after so many of them."""

    def __init__(self, loss, killed_after=None):
        super().__init__()
        self.loss, self.killed_after, self.seen = loss, killed_after, []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(float(tf.convert_to_tensor(self.loss.current)))
        if len(self.seen) == self.killed_after:
            raise KeyboardInterrupt


def trained(steps, backup=None, killed_after=None):
    """Margins of all steps, four in each of two epochs, and of the logs."""
    loss = MultiplicativeEuclideanMarginSoftmax(4.0)
    model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(3, "relu")])
    model.compile("sgd", loss, jit_compile=False)
    watch = Watch(loss, killed_after)
    callbacks = [MarginAnnealing(loss, steps), watch]
    if backup is not None:
        callbacks.append(tf.keras.callbacks.BackupAndRestore(backup))
    x, y = np.ones((4, 3), np.float32), np.zeros(4)
    with pytest.raises(KeyboardInterrupt) if killed_after else contextlib.nullcontext():
        model.fit(x, y, batch_size=1, epochs=2, verbose=0, callbacks=callbacks)
    return watch.seen, model.history.history.get("margin")


def test_the_first_step_has_no_margin_and_it_grows_in_a_straight_line():
    seen, logged = trained(steps=6)
    np.testing.assert_allclose(seen, [1, 1.5, 2, 2.5, 3, 3.5, 4, 4])
    np.testing.assert_allclose(logged, [2.5, 4])


def test_a_killed_training_goes_on_with_the_margin_of_its_step(tmp_path):
    whole, logged = trained(steps=8)
    trained(steps=8, backup=str(tmp_path / "backup"), killed_after=6)
    rest, of_rest = trained(steps=8, backup=str(tmp_path / "backup"))
    np.testing.assert_allclose(rest, whole[4:])
    np.testing.assert_allclose(of_rest, logged[1:])


def test_a_distributed_training_has_the_same_margins():
    with tf.distribute.MirroredStrategy(["/cpu:0"]).scope():
        seen, logged = trained(steps=6)
    np.testing.assert_allclose(seen, [1, 1.5, 2, 2.5, 3, 3.5, 4, 4])
    np.testing.assert_allclose(logged, [2.5, 4])


def test_no_steps_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        MarginAnnealing(MultiplicativeEuclideanMarginSoftmax(), steps=0)
