import tensorflow as tf

from tests.checks import mixed_precision
from tfretrieval.compat import first_replica, never_empty, optimizer_variables


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


def test_a_weight_that_every_replica_sets_alike_takes_the_first_one_s():
    layer = tf.keras.layers.Layer()
    weight = layer.add_weight(name="w", shape=(2,), aggregation=first_replica())
    variable = weight if isinstance(weight, tf.Variable) else weight.value
    assert variable.aggregation == tf.VariableAggregation.ONLY_FIRST_REPLICA


def test_an_empty_batch_has_the_shape_of_others():
    convolution = tf.keras.layers.Conv2D(6, 3)
    images = tf.random.uniform([2, 8, 8, 3])

    @tf.function(input_signature=[tf.TensorSpec([None, 8, 8, 3])])
    def in_a_graph(batch):
        return never_empty(convolution, batch)

    for call in (lambda batch: never_empty(convolution, batch), in_a_graph):
        assert call(images[:0]).shape == (0, 6, 6, 6)
        tf.debugging.assert_near(call(images), convolution(images))
