import tensorflow as tf

from tests.checks import mixed_precision
from tfretrieval.compat import optimizer_variables


def test_the_loss_scale_is_among_the_state():
    with mixed_precision():
        model = tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Dense(1)])
        model.compile("sgd", "mse", jit_compile=False)
        model.optimizer.build(model.trainable_variables)
    values = [
        float(tf.reduce_max(tf.convert_to_tensor(v)))
        for v in optimizer_variables(model.optimizer)
        if tf.convert_to_tensor(v).dtype != tf.int64
    ]
    assert 2.0**15 in values


def test_without_mixed_precision_it_is_the_optimizer_s_own():
    optimizer = tf.keras.optimizers.Adam()
    optimizer.build([tf.Variable([1.0, 2.0])])
    assert len(optimizer_variables(optimizer)) == len(list(optimizer.variables))
