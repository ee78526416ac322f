"""What a training step holds, against sums by hand."""

import pytest
import tensorflow as tf

from tfretrieval.backbones import resnet18
from tfretrieval.inspection import training_memory
from tfretrieval.models import classifier

layers = tf.keras.layers


def network(*inner, size=8):
    inputs = x = tf.keras.Input((size, size, 3))
    for layer in inner:
        x = layer(x)
    return tf.keras.Model(inputs, x)


@pytest.mark.parametrize(
    "inner, kept",
    [
        # A result that several operations read is kept once; one that none reads is not kept.
        ([layers.Conv2D(4, 3, padding="same", activation="relu")], [(8, 8, 3), (8, 8, 4)]),
        ([layers.Conv2D(4, 3), layers.Conv2D(5, 1)], [(8, 8, 3), (6, 6, 4)]),
        (
            [layers.Conv2D(4, 1), layers.ReLU(), layers.MaxPooling2D(2)],
            [(8, 8, 3), (8, 8, 4), (4, 4, 4)],
        ),
        ([layers.Conv2D(4, 3), layers.BatchNormalization()], [(8, 8, 3), (6, 6, 4)]),
    ],
    ids=["relu", "convolutions", "pooling", "normalisation"],
)
def test_activations_are_what_the_backward_pass_reads(inner, kept):
    expected = sum(4 * 10 * a * b * c for a, b, c in kept)
    found = training_memory(network(*inner), 10).activations
    # Statistics of the normalisation are a few numbers a channel.
    assert expected <= found <= expected + 200


def test_weights_gradients_and_slots_are_those_of_the_layers():
    memory = training_memory(network(layers.Conv2D(4, 3), layers.BatchNormalization()), 1)
    kernel_and_bias, channels = 3 * 3 * 3 * 4 + 4, 4
    assert memory.weights == 4 * (kernel_and_bias + 4 * channels)
    assert memory.gradients == 4 * (kernel_and_bias + 2 * channels)
    assert memory.optimizer == 2 * memory.gradients
    assert memory.total == sum(
        (memory.activations, memory.weights, memory.gradients, memory.optimizer)
    )


def test_mixed_precision_keeps_less_for_the_same_weights():
    def measured(policy):
        tf.keras.mixed_precision.set_global_policy(policy)
        try:
            return training_memory(classifier(resnet18((64, 64, 3), width=8), 5), 16)
        finally:
            tf.keras.mixed_precision.set_global_policy("float32")

    whole, mixed = measured("float32"), measured("mixed_float16")
    assert mixed.weights == whole.weights
    assert 0.5 * whole.activations <= mixed.activations < 0.75 * whole.activations


def test_an_input_without_a_size_is_refused():
    with pytest.raises(ValueError, match="fixed size"):
        training_memory(network(layers.Conv2D(4, 3), size=None), 4)
