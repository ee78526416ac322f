"""Several workers, each a process of its own on this machine, train one network."""

import numpy as np
import pytest
import tensorflow as tf

from tests.recipes import several_workers as workers
from tests.recipes.pictures import write_folder

KERAS_2 = not hasattr(tf.keras.Model, "_symbolic_build")
# Its place among the weights of the network.
MOVING_VARIANCE = 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workers")
    write_folder(folder / "pictures", train=4, test=1, size=16)
    return folder


def test_three_workers_train_the_network_of_one(folder):
    """A batch of two pictures each, and batch statistics over the six of all."""
    alone = workers.train(folder / "alone")
    together = workers.weights_of(folder / "three", 3)
    for other in together[1:]:
        for one, same in zip(together[0], other, strict=True):
            np.testing.assert_array_equal(one, same)
    for place, (one, same) in enumerate(zip(alone, together[0], strict=True)):
        # One process of Keras 2 keeps variances n / (n - 1) as large, here of 96 numbers.
        enlarged = KERAS_2 and place == MOVING_VARIANCE
        np.testing.assert_allclose(one, same, rtol=1 / 96 if enlarged else 0, atol=2e-5)


def test_one_that_hangs_or_dies_is_named_and_all_started_again_end_with_the_same_numbers(folder):
    for fate in ("SIGSTOP 0", "SIGKILL 1"):
        started, names = workers.start(folder / "stopped", 2, fate)
        try:
            told, _ = started[0].communicate(timeout=240)
        finally:
            for one in started:
                one.kill()
                one.communicate()
        assert f"error: worker 1 ({names[1]}) has not been heard of for 15 seconds" in told
        assert started[0].returncode == 2
    resumed = workers.weights_of(folder / "stopped", 2)[0]
    whole = workers.weights_of(folder / "whole", 2)[0]
    for one, same in zip(resumed, whole, strict=True):
        np.testing.assert_array_equal(one, same)
