import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_loss, value_and_gradient
from tests.golden_files import assert_matches, golden
from tfretrieval.losses import BitBalanceLoss

FILE = golden("gdfnet")
CODES = np.random.default_rng(0).uniform(-1, 1, (6, 5)).astype(np.float32)
NOTHING = np.zeros(6)


def released(h, balance):
    """The loss of the authors' code: quantisation, and the squared sum of the bits of a picture."""
    quantisation = tf.reduce_mean(tf.square(tf.abs(h) - 1))
    bits = h.shape[1]
    return (quantisation + bits**2 * BitBalanceLoss("image")(h[:, 0], balance(h))) / h.shape[0]


def signs(h):
    return tf.where(h >= 0, 1.0, -1.0)


@pytest.mark.parametrize("per", ["bit", "image"])
def test_contract(per):
    check_loss(BitBalanceLoss(per), NOTHING, CODES)


@pytest.mark.parametrize("per, axes", [("bit", (0, 1)), ("image", (1, 0))])
def test_equals_the_squared_mean(per, axes):
    expected = np.square(CODES.mean(axis=axes[0])).mean()
    np.testing.assert_allclose(BitBalanceLoss(per)(NOTHING, CODES), expected, rtol=1e-5)


def test_the_released_loss_is_that_of_signs_and_balances_nothing():
    h = tf.constant(FILE["hash"])
    value, gradient = value_and_gradient(lambda _, x: released(x, signs), None, h)
    assert_matches(value, FILE["hash_loss"])
    # Its gradient is that of the quantisation alone; the balance has none.
    assert_matches(gradient, FILE["hash_loss_grad"])
    with tf.GradientTape() as tape:
        tape.watch(h)
        balance = BitBalanceLoss("image")(h[:, 0], signs(h))
    assert float(balance) > 0 and tape.gradient(balance, h) is None


@pytest.mark.parametrize("per", ["bit", "image"])
def test_ours_has_a_gradient_that_balances(per):
    codes = tf.Variable(CODES + 0.5)
    loss = BitBalanceLoss(per)
    before = float(loss(NOTHING, codes))
    for _ in range(20):
        with tf.GradientTape() as tape:
            value = loss(NOTHING, codes)
        codes.assign_sub(5 * tape.gradient(value, codes))
    assert float(loss(NOTHING, codes)) < 0.1 * before


def test_shares_of_a_batch_are_weighted():
    loss = BitBalanceLoss(reduction="none")
    shares = loss(NOTHING, CODES).numpy()
    np.testing.assert_allclose(shares, (CODES * CODES.mean(axis=0)).mean(axis=1), rtol=1e-4)


def test_refuses():
    with pytest.raises(ValueError, match="per must be one of"):
        BitBalanceLoss("batch")
    with pytest.raises(ValueError, match=r"codes must be \[B, bits\]"):
        BitBalanceLoss()(NOTHING, CODES[0])
