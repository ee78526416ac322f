import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_loss
from tests.golden_files import assert_matches, golden
from tests.losses.pairs_of_a_batch import CODES, LABELS, check_several_labels, softplus
from tfretrieval.losses import HashNetLoss
from tfretrieval.losses.hashnet import balance, likelihood

DEEPHASH, OFFICIAL = golden("deephash_losses"), golden("hashnet_official")
ALIKE = OFFICIAL["label1"] @ OFFICIAL["label2"].T > 0


def by_pairs(codes, similar):
    products = 10 / codes.shape[1] * codes @ codes.T
    values = softplus(products) - similar * products
    return values[similar].mean() + values[~similar].mean()


@pytest.mark.parametrize("settings", [{}, {"alpha": 0.1}], ids=str)
def test_contract(settings):
    check_loss(HashNetLoss(**settings), LABELS, CODES)


def test_equals_the_formula_for_one_label_and_for_several():
    check_several_labels(HashNetLoss(), by_pairs)


@pytest.mark.parametrize("labels, name", [("y", "hashnet"), ("y_same", "hashnet_same")])
@pytest.mark.parametrize("at", [0, 1])
def test_matches_deephash_pytorch(labels, name, at):
    u = tf.constant(DEEPHASH["u"])
    with tf.GradientTape() as tape:
        tape.watch(u)
        codes = tf.tanh(tf.cast(DEEPHASH["hashnet_scale"][at], tf.float32) * u)
        value = HashNetLoss(alpha=0.1)(DEEPHASH[labels], codes)
    assert_matches(value, DEEPHASH[f"{name}_loss"][at])
    assert_matches(tape.gradient(value, u), DEEPHASH[f"{name}_grad_u"][at])


def of_two_batches(scale, factor, weigh):
    """Loss and gradients of pairs of two batches, as the authors' code has them; what this kit's
    loss does with the pairs of one."""
    batches = [tf.constant(OFFICIAL[f"outputs{at}"] * np.float32(factor)) for at in (1, 2)]
    with tf.GradientTape() as tape:
        tape.watch(batches)
        products = np.float32(scale) * tf.matmul(*batches, transpose_b=True)
        value = weigh(products, likelihood(products, ALIKE))
    return value, tape.gradient(value, batches)


def test_matches_the_authors_code_with_balanced_weights():
    value, gradients = of_two_batches(1, 1, lambda t, v: tf.reduce_mean(balance(ALIKE) * v))
    assert_matches(value, OFFICIAL["updated_loss"])
    for at, gradient in enumerate(gradients, 1):
        assert_matches(gradient, OFFICIAL[f"updated_grad_outputs{at}"])


@pytest.mark.parametrize("case", range(4))
def test_matches_the_authors_code_with_a_weight_for_alike_pairs(case):
    scale, threshold, weight, factor = OFFICIAL["params"][case]
    weights = tf.where(ALIKE, np.float32(weight), 1.0)
    above = 0

    def weigh(products, values):
        nonlocal above
        linear = products > threshold
        above = int(tf.math.count_nonzero(linear))
        # Theirs is a line there, in place of a softplus that would overflow.
        values -= tf.where(linear, tf.nn.softplus(-products), 0.0)
        return tf.reduce_sum(weights * values) / tf.reduce_sum(weights)

    value, gradients = of_two_batches(scale, factor, weigh)
    assert above == OFFICIAL["n_over_threshold"][case]
    assert_matches(value, OFFICIAL["loss"][case])
    for at, gradient in enumerate(gradients, 1):
        assert_matches(gradient, OFFICIAL[f"grad_outputs{at}"][case])


def test_large_products_do_not_overflow():
    codes = tf.constant([[1.0, 1.0], [-1.0, -1.0]])
    assert np.isfinite(float(HashNetLoss(alpha=1e4)([0, 1], codes)))


def test_refuses_an_alpha_that_is_not_positive():
    with pytest.raises(ValueError, match="alpha must be positive"):
        HashNetLoss(alpha=0.0)
