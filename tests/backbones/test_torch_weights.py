"""The converter; that its network equals torchvision's is a golden test in test_resnet.py."""

import json
import struct

import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf
from safetensors.numpy import save_file

from tests.backbones.torch_save import save_old
from tests.backbones.torchvision import state_dict
from tfretrieval.backbones import WeightsError, resnet18, se_resnet
from tfretrieval.backbones.torch_weights import load_torch_resnet, resnet_keys


@pytest.fixture
def arrays():
    return state_dict(seed=0, width=2)


def narrow(num_classes=None):
    return resnet18((32, 32, 3), width=2, num_classes=num_classes)


def load(arrays, tmp_path, num_classes=None):
    save_file(arrays, tmp_path / "net.safetensors")
    model = narrow(num_classes)
    load_torch_resnet(model, tmp_path / "net.safetensors")
    return model


def test_what_torch_save_wrote_is_read_as_safetensors_are(arrays, tmp_path):
    save_old(arrays, tmp_path / "net.pth")
    model, expected = narrow(num_classes=1000), load(arrays, tmp_path, num_classes=1000)
    load_torch_resnet(model, tmp_path / "net.pth")
    for found, value in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(found, value)


def refusal(arrays, tmp_path, num_classes=None):
    with pytest.raises(WeightsError) as error:
        load(arrays, tmp_path, num_classes)
    message = str(error.value)
    assert "\n" not in message and "net.safetensors is not torchvision's ResNet18: it" in message
    return message


def test_the_table_names_every_layer_with_weights_and_every_array(arrays):
    model = narrow(num_classes=1000)
    assert set(resnet_keys()) == {layer.name for layer in model.layers if layer.weights}
    assert set(resnet_keys().values()) == {key.rpartition(".")[0] for key in arrays}
    assert len(arrays) == 122


def test_the_table_of_50_layers_names_all_but_the_gates(tmp_path):
    model = se_resnet((32, 32, 3), depth=50, width=2, num_classes=1000)
    arrays = state_dict(seed=0, width=2, depth=50)
    ungated = {layer.name for layer in model.layers if layer.weights} - {
        layer.name for layer in model.layers if layer.name.endswith("_se")
    }
    assert set(resnet_keys(50)) == ungated
    assert set(resnet_keys(50).values()) == {key.rpartition(".")[0] for key in arrays}
    assert len(arrays) == 320
    save_file(arrays, tmp_path / "net.safetensors")
    with pytest.raises(WeightsError, match="is not torchvision's ResNet18"):
        load_torch_resnet(narrow(), tmp_path / "net.safetensors")


def test_kernels_are_turned_and_statistics_keep_their_order(arrays, tmp_path):
    model = load(arrays, tmp_path, num_classes=1000)
    (kernel,) = model.get_layer("stage2_block1_conv1").get_weights()
    assert kernel.shape == (3, 3, 2, 4)
    assert kernel[0, 2, 1, 3] == arrays["layer2.0.conv1.weight"][3, 1, 0, 2]
    names = ("weight", "bias", "running_mean", "running_var")
    norms = model.get_layer("stage4_block1_shortcut_bn").get_weights()
    for found, name in zip(norms, names, strict=True):
        np.testing.assert_array_equal(found, arrays[f"layer4.0.downsample.1.{name}"])
    matrix, bias = model.get_layer("logits").get_weights()
    np.testing.assert_array_equal(matrix.T, arrays["fc.weight"])
    np.testing.assert_array_equal(bias, arrays["fc.bias"])


@pytest.mark.parametrize("dtype", [np.float16, np.float64, ml_dtypes.bfloat16])
def test_other_precisions_are_read(arrays, tmp_path, dtype):
    model = load({key: array.astype(dtype) for key, array in arrays.items()}, tmp_path)
    (kernel,) = model.get_layer("stem_conv").get_weights()
    expected = arrays["conv1.weight"].transpose(2, 3, 1, 0)
    np.testing.assert_allclose(kernel, expected, rtol=1e-2)


def test_a_file_without_classifier_serves_where_none_is_asked_for(arrays, tmp_path):
    del arrays["fc.weight"], arrays["fc.bias"]
    load(arrays, tmp_path, num_classes=7)
    assert "lacks fc.weight, fc.bias" in refusal(arrays, tmp_path, num_classes=1000)


def test_names_what_is_missing_left_over_or_of_another_shape(arrays, tmp_path):
    del arrays["layer4.1.bn2.running_var"]
    arrays["layer1.2.conv1.weight"] = np.zeros((2, 2, 3, 3), np.float32)
    arrays["conv1.weight"] = np.zeros((2, 1, 7, 7), np.float32)
    message = refusal(arrays, tmp_path)
    assert "it lacks layer4.1.bn2.running_var, has no place for layer1.2.conv1.weight, " in message
    assert message.endswith("has conv1.weight [2, 1, 7, 7] instead of [2, 3, 7, 7]")


def test_another_network_is_told_by_a_few_names_and_leaves_the_model_as_it_was(tmp_path):
    save_file({"vit.weight": np.zeros((3, 3), np.float32)}, tmp_path / "net.safetensors")
    model = narrow()
    before = model.get_weights()
    with pytest.raises(WeightsError) as error:
        load_torch_resnet(model, tmp_path / "net.safetensors")
    assert "and 97 more, has no place for vit.weight" in str(error.value)
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))


def float8() -> bytes:
    """Safetensors with numbers that NumPy lacks."""
    entry = {"dtype": "F8_E4M3", "shape": [4], "data_offsets": [0, 4]}
    header = json.dumps({"conv1.weight": entry}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(4)


@pytest.mark.parametrize(
    "content",
    [b"", b"not a tensor in sight", b"\x80\x02ctorch\nload\n" * 20, float8()],
    ids=["empty", "text", "pickle", "float8"],
)
def test_what_is_no_safetensors_is_one_line(tmp_path, content):
    (tmp_path / "net.safetensors").write_bytes(content)
    with pytest.raises(WeightsError, match="cannot be read as safetensors") as error:
        load_torch_resnet(tf.keras.Sequential(), tmp_path / "net.safetensors")
    assert "\n" not in str(error.value)
