"""Names and shapes are held by test_torch_weights.py, networks by the golden tests."""

import numpy as np
import pytest
import tensorflow as tf
from safetensors.numpy import save_file

from tests.backbones.torch_save import save_old
from tfretrieval.backbones import WeightsError
from tfretrieval.backbones.state_dict import load_state_dict, read_state_dict

KEYS = {"depthwise": "features.0", "logits": "classifier"}
GENERATOR = np.random.default_rng(0)
ARRAYS = {
    "features.0.weight": GENERATOR.standard_normal((4, 1, 3, 5)).astype(np.float32),
    "classifier.weight": GENERATOR.standard_normal((6, 4)).astype(np.float32),
    "classifier.bias": GENERATOR.standard_normal(6).astype(np.float32),
}


def network(classes):
    image = tf.keras.Input((8, 8, 4))
    x = tf.keras.layers.DepthwiseConv2D((3, 5), use_bias=False, name="depthwise")(image)
    x = tf.keras.layers.GlobalAveragePooling2D()(x)
    return tf.keras.Model(image, tf.keras.layers.Dense(classes, name="logits")(x))


@pytest.mark.parametrize(
    ("ending", "save"),
    [(".safetensors", save_file), (".pth", save_old), (".pt", save_old), (".bin", save_old)],
)
def test_the_ending_says_how_a_file_is_read(tmp_path, ending, save):
    save(ARRAYS, tmp_path / f"net{ending}")
    found = read_state_dict(str(tmp_path / f"net{ending}"))
    assert set(found) == set(ARRAYS)
    for key, array in found.items():
        np.testing.assert_array_equal(array, ARRAYS[key])


def test_depthwise_kernels_are_turned(tmp_path):
    save_old(ARRAYS, tmp_path / "net.pth")
    model = network(6)
    load_state_dict(model, tmp_path / "net.pth", KEYS, "a network")
    (kernel,) = model.get_layer("depthwise").get_weights()
    assert kernel.shape == (3, 5, 4, 1)
    np.testing.assert_array_equal(
        kernel[..., 0].transpose(2, 0, 1), ARRAYS["features.0.weight"][:, 0]
    )


def test_a_classifier_is_taken_where_the_classes_are_as_many_and_imagenet_s_is_a_must(tmp_path):
    save_old(ARRAYS, tmp_path / "net.pth")
    six, seven = network(6), network(7)
    untrained = seven.get_layer("logits").get_weights()[0]
    for model in (six, seven):
        load_state_dict(model, tmp_path / "net.pth", KEYS, "a network")
    matrix, bias = six.get_layer("logits").get_weights()
    np.testing.assert_array_equal(matrix.T, ARRAYS["classifier.weight"])
    np.testing.assert_array_equal(bias, ARRAYS["classifier.bias"])
    np.testing.assert_array_equal(seven.get_layer("logits").get_weights()[0], untrained)
    with pytest.raises(WeightsError, match=r"a network: it has classifier.weight \[6, 4\] instead"):
        load_state_dict(network(1000), tmp_path / "net.pth", KEYS, "a network")
