"""Every head learns: its loss falls, and its codes tell the classes apart."""

import numpy as np
import pytest
import tensorflow as tf

from recipes.comparison.heads import HEADS, Task
from recipes.comparison.methods import METHODS
from tests.recipes.comparison.tiny import LABELS, TASK


@pytest.mark.parametrize("method", HEADS)
def test_the_loss_of_a_head_falls(method, eager_training):
    tf.keras.utils.set_random_seed(0)
    inputs = tf.keras.Input((8,))
    values = METHODS[method].values
    value = METHODS[method].at(values[0], 8) if values else 0.0
    head = HEADS[method](Task(inputs, 8, 3, value, steps=10))
    model = tf.keras.Model(inputs, [output for output, _, _ in head.terms])
    losses, weights = ([term[at] for term in head.terms] for at in (1, 2))
    model.compile(tf.keras.optimizers.Adam(0.01), loss=losses, loss_weights=weights)
    labels = (LABELS,) * len(head.terms) if len(head.terms) > 1 else LABELS
    batch = tf.data.Dataset.from_tensors((TASK.inputs[:], labels)).repeat(10)
    history = model.fit(batch, epochs=1, verbose=0).history["loss"]
    after = model.evaluate(batch.take(1), verbose=0, return_dict=True)["loss"]
    assert np.isfinite(after) and after < history[0]
    codes = tf.keras.Model(inputs, head.codes)(TASK.inputs[:])
    assert codes.shape == (36, 8) and np.isfinite(codes).all()


def test_every_stage_of_the_pyramids_has_its_say_and_a_loss():
    inputs = tf.keras.Input((8,))
    head = HEADS["fph"](Task(inputs, 6, 3, 4.0, steps=10, parts=(2, 1, 5)))
    assert [weight for _, _, weight in head.terms] == [1.0, *[pytest.approx(1 / 3)] * 3]
    model = tf.keras.Model(inputs, [output for output, _, _ in head.terms])
    codes, first, second, last = (np.arctanh(one) for one in model(TASK.inputs[:]))
    np.testing.assert_allclose(codes, last + (first + second) / 2, atol=1e-4)
    # A stage that changes moves its own say, and the consensus.
    changed = TASK.inputs[:].copy()
    changed[:, 2] += 1
    moved = [
        np.abs(a - b).max() > 1e-3
        for a, b in zip(model(changed), model(TASK.inputs[:]), strict=True)
    ]
    assert moved == [True, False, True, False]
