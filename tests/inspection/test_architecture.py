import numpy as np
import pytest
import tensorflow as tf

from tfretrieval.backbones import resnet18, resnet18_i
from tfretrieval.inspection import data_flow, stage_table
from tfretrieval.layers import InceptionResNetC

layers = tf.keras.layers


def multiply_adds(layer, *shapes):
    inputs = [tf.keras.Input(shape) for shape in shapes]
    model = tf.keras.Model(inputs, layer(*inputs))
    return sum(stage.multiply_adds for stage in stage_table(model))


def test_resnet18_has_the_published_size_and_cost():
    stages = stage_table(resnet18((224, 224, 3), num_classes=1000))
    assert [stage.name for stage in stages] == [
        *("stem", "stage1", "stage2", "stage3", "stage4", "logits"),
    ]
    assert stages[-2].output_shape == (7, 7, 512)
    # torchvision counts 11,689,512 parameters without the 9,600 running statistics, and 1.814e9
    # multiply-adds.
    assert sum(stage.parameters for stage in stages) == 11_689_512 + 9_600
    assert round(sum(stage.multiply_adds for stage in stages) / 1e9, 3) == 1.814


def test_the_block_of_resnet18_i_is_a_stage_with_its_inner_convolutions():
    block = {s.name: s for s in stage_table(resnet18_i((299, 299, 3)))}["inception_resnet_c"]
    kernels = 512 * 192 + 512 * 192 + 192 * 224 * 3 + 224 * 256 * 3 + 448 * 512
    assert block.output_shape == (10, 10, 512)
    assert block.multiply_adds == 100 * kernels
    # The bias of the last convolution, and beta, mean and variance of four normalisations.
    assert block.parameters == kernels + 512 + 3 * (192 + 192 + 224 + 256)


@pytest.mark.parametrize(
    "layer, expected",
    [
        (layers.Conv2D(6, 3, padding="same"), 8 * 8 * 9 * 4 * 6),
        (layers.Conv2D(6, 3, strides=2), 3 * 3 * 9 * 4 * 6),
        (layers.Conv2D(6, 3, dilation_rate=2), 4 * 4 * 9 * 4 * 6),
        (layers.DepthwiseConv2D(3, depth_multiplier=2), 6 * 6 * 9 * 4 * 2),
        (layers.Conv2D(6, 3, groups=2), 6 * 6 * 9 * 2 * 6),
        (layers.Dense(5), 8 * 8 * 4 * 5),
        (layers.BatchNormalization(), 0),
    ],
    ids=["same", "strides", "dilation", "depthwise", "groups", "dense", "normalisation"],
)
def test_multiply_adds_of_a_layer(layer, expected):
    assert multiply_adds(layer, (8, 8, 4)) == expected


def test_layers_of_several_inputs_are_counted():
    class Gate(layers.Layer):
        def build(self, shapes):
            self.dense = layers.Dense(4)
            self.dense.build(shapes[1])

        def call(self, inputs):
            return inputs[0] * self.dense(inputs[1])

    assert multiply_adds(lambda *inputs: Gate()(list(inputs)), (4,), (3,)) == 12


def test_batches_of_matrix_products_are_counted():
    class Products(layers.Dense):
        def call(self, x):
            return tf.matmul(x, x, transpose_a=True)

    assert multiply_adds(Products(3), (8, 4)) == 4 * 8 * 4


def test_what_cannot_be_counted_is_refused():
    class Pairs(layers.Dense):
        def call(self, x):
            return tf.einsum("bic,bjc->bij", x, x)

    with pytest.raises(ValueError, match="Einsum cannot be counted"):
        multiply_adds(Pairs(3), (8, 4))


def test_an_input_without_a_size_is_refused():
    image = tf.keras.Input((None, None, 3))
    model = tf.keras.Model(image, layers.Conv2D(4, 3)(image))
    with pytest.raises(ValueError, match="fixed size"):
        stage_table(model)


def test_data_flow_follows_the_block_it_is_given():
    block = InceptionResNetC(3, (4, 5, 6), scale=0.1, activation=None)
    flow = data_flow(block, (7, 7, 8))
    assert [label for label, _ in flow.values()] == [
        "input, 8",
        "1x1 conv, 3, ReLU",
        "1x1 conv, 4, ReLU",
        "1x3 conv, 5, ReLU",
        "3x1 conv, 6, ReLU",
        "concatenate, 9",
        "1x1 conv, 8",
        "x 0.1",
        "add",
    ]
    names = list(flow)
    inputs = {name: before for name, (_, before) in flow.items()}
    assert inputs[names[5]] == (names[1], names[4])
    assert inputs[names[8]] == ("input", names[7])
    assert data_flow(InceptionResNetC(3, (4, 5, 6)), (7, 7, 8))["step9"][0] == "ReLU"


def test_weights_do_not_change_what_is_drawn():
    block = InceptionResNetC(3, (4, 5, 6))
    before = data_flow(block, (7, 7, 8))
    block.set_weights([np.zeros_like(weight) for weight in block.get_weights()])
    assert data_flow(block, (7, 7, 8)) == before


def test_data_flow_of_a_whole_network():
    network = resnet18((64, 64, 3), width=8, num_classes=5)
    labels = [label for label, _ in data_flow(network, (64, 64, 3)).values()]
    assert labels[:3] == ["input, 3", "7x7 conv, 8, /2, ReLU", "3x3 max pool, /2"]
    assert labels[-3:] == ["ReLU", "mean, 64", "dense, 5"]
    # Torch's ResNet18: a stem, sixteen 3x3 convolutions and three shortcuts; eight residuals.
    assert sum("conv" in label for label in labels) == 20
    assert labels.count("add") == 8


def test_a_relu_is_not_drawn_into_a_convolution_that_others_read_too():
    image = tf.keras.Input((8, 8, 2))
    x = layers.Conv2D(4, 1)(image)
    model = tf.keras.Model(image, layers.Add()([x, layers.ReLU()(x)]))
    flow = data_flow(model, (8, 8, 2))
    assert [label for label, _ in flow.values()] == ["input, 2", "1x1 conv, 4", "ReLU", "add"]
    assert flow["step3"][1] == ("step1", "step2")
