import dataclasses
import hashlib
import shutil

import numpy as np
import pytest
import tensorflow as tf
from safetensors.numpy import save_file

from tests.backbones.torchvision import state_dict
from tests.checks import mixed_precision
from tests.golden_files import assert_matches, golden
from tfretrieval.backbones import WeightsError, resnet18, resnet18_i, torch_weights
from tfretrieval.backbones._residual import finish

IMAGENET_NAME = "resnet18.tv_in1k.safetensors"


@pytest.fixture(scope="module")
def torchvision_file(tmp_path_factory):
    """The golden file's weights as a state dict in safetensors."""
    arrays, file = state_dict(int(golden("resnet18")["seed"])), golden("resnet18")
    drawn = [array for key, array in arrays.items() if not key.endswith("num_batches_tracked")]
    assert_matches([array.sum(dtype=np.float64) for array in drawn], file["weight_sum"])
    np.testing.assert_array_equal([array.flat[0] for array in drawn], file["weight_first"])
    path = tmp_path_factory.mktemp("weights") / "torchvision.safetensors"
    save_file(arrays, path)
    return path


@pytest.fixture(scope="module")
def network(torchvision_file):
    options = {"preprocess": False, "num_classes": 1000, "weights": torchvision_file}
    model = resnet18((None, None, 3), **options)
    names = ["stem_pool", *[f"stage{stage}_block2_out" for stage in range(1, 5)]]
    outputs = [model.get_layer(name).output for name in names] + [model.output]
    return tf.keras.Model(model.input, outputs)


@pytest.mark.parametrize("case", [0, 1, 2], ids=["even", "oblong", "odd"])
def test_every_stage_equals_torchvision(network, case):
    file = golden("resnet18")
    *maps, logits = [out.numpy() for out in network(file[f"images{case}"])]
    for name, value in zip(["maxpool", "layer1", "layer2", "layer3", "layer4"], maps, strict=True):
        assert list(value.shape) == list(file[f"{name}_shape{case}"])
        assert_matches(value.mean(axis=(1, 2)), file[f"{name}_gap{case}"])
    assert_matches(maps[2][..., :4], file[f"layer2_slice{case}"])
    assert_matches(maps[4], file[f"layer4_map{case}"])
    assert_matches(logits, file[f"logits{case}"])


def test_parameters_are_those_of_torchvision():
    # 102 tensors of 11,699,112 numbers with the batch-norm statistics, as torchvision's.
    assert resnet18(num_classes=1000).count_params() == 11_699_112


def test_the_block_adds_the_published_number_of_weights():
    added = resnet18_i().count_params() - resnet18().count_params()
    norms = 3 * (192 + 192 + 224 + 256)
    assert added - norms == 727_552


def test_narrow_networks_narrow_the_block_in_proportion():
    block = resnet18_i((64, 64, 3), width=16).get_layer("inception_resnet_c")
    assert (block.branch_0, block.branch_1) == (48, (48, 56, 64))


def test_preprocessing_is_imagenet_mean_and_deviation():
    model = resnet18((32, 32, 3), width=4)
    normalised = tf.keras.Model(model.input, model.get_layer("preprocess").output)
    image = np.full((1, 32, 32, 3), [0.0, 127.5, 255.0], np.float32)
    expected = ([0, 0.5, 1] - np.array([0.485, 0.456, 0.406])) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose(normalised(image)[0, 0, 0], expected, rtol=1e-5)


@pytest.mark.parametrize("build", [resnet18, resnet18_i])
def test_keras_file_and_weights_file_round_trip(build, tmp_path):
    model = build((48, 40, 3), width=4)
    x = np.random.default_rng(0).uniform(0, 255, (2, 48, 40, 3)).astype(np.float32)
    expected = model(x)
    assert tuple(expected.shape) == (2, 2, 2, 32)
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "model.weights.h5")
    loaded = tf.keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(x), expected, atol=1e-5)
    other = build((48, 40, 3), width=4, weights=str(tmp_path / "model.weights.h5"))
    np.testing.assert_allclose(other(x), expected, atol=1e-5)


def test_logits_are_float32_under_mixed_precision():
    with mixed_precision():
        model = resnet18_i((32, 32, 3), width=4, num_classes=3)
        out = model(np.full((2, 32, 32, 3), 255.0, np.float32))
    assert out.dtype == tf.float32 and np.isfinite(out).all()


@pytest.mark.parametrize("options", [{"width": 0}, {"num_classes": 0}])
def test_refuses_sizes_below_one(options):
    with pytest.raises(ValueError, match="at least 1"):
        resnet18((32, 32, 3), **options)


def test_resnet18_i_starts_as_resnet18_and_learns_from_there(torchvision_file):
    shape, x = (32, 32, 3), np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3))
    plain = resnet18(shape, weights=torchvision_file)(x)
    model = resnet18_i(shape, weights=str(torchvision_file))
    assert np.ptp(plain) > 0.1
    np.testing.assert_allclose(model(x), plain, rtol=1e-6, atol=1e-6)
    # A block of zeros everywhere would be the identity too, and never learn.
    block = model.get_layer("inception_resnet_c")
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(x) ** 2)
    assert np.abs(tape.gradient(loss, block.up.kernel)).max() > 0
    # With random weights the block is no identity.
    assert np.abs(resnet18_i(shape, width=4).get_layer("inception_resnet_c").up.kernel).max() > 0


def test_only_a_classifier_of_1000_classes_is_the_file_s(torchvision_file):
    stem = resnet18((32, 32, 3), weights=torchvision_file).get_layer("stem_conv").get_weights()
    model = resnet18((32, 32, 3), weights=torchvision_file, num_classes=7)
    np.testing.assert_array_equal(model.get_layer("stem_conv").get_weights(), stem)
    assert not model.get_layer("logits").get_weights()[1].any()


def test_imagenet_is_the_file_in_the_cache_of_keras(torchvision_file, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(WeightsError) as error:
        resnet18((32, 32, 3), weights="imagenet")
    message = str(error.value)
    assert "\n" not in message and str(tmp_path / "models" / IMAGENET_NAME) in message
    assert "huggingface.co/timm/resnet18.tv_in1k/resolve/main/model.safetensors" in message
    (tmp_path / "models").mkdir()
    shutil.copy(torchvision_file, tmp_path / "models" / IMAGENET_NAME)
    with pytest.raises(WeightsError, match="checksum"):
        resnet18((32, 32, 3), weights="imagenet")
    digest = hashlib.sha256(torchvision_file.read_bytes()).hexdigest()
    published = dataclasses.replace(torch_weights.IMAGENET[18], digest=digest)
    monkeypatch.setitem(torch_weights.IMAGENET, 18, published)
    found = resnet18((32, 32, 3), weights="imagenet").get_layer("stem_conv").get_weights()
    expected = resnet18((32, 32, 3), weights=torchvision_file).get_layer("stem_conv").get_weights()
    np.testing.assert_array_equal(found, expected)


def test_a_backbone_takes_the_weights_of_a_classifier_of_ours(tmp_path):
    model = resnet18((32, 32, 3), width=4, num_classes=3)
    model.save_weights(tmp_path / "classifier.weights.h5")
    backbone = resnet18((32, 32, 3), width=4, weights=tmp_path / "classifier.weights.h5")
    for ours, theirs in zip(backbone.get_weights(), model.get_weights(), strict=False):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("torchvision.safetensors", {"width": 16}, "are of width 64, this network's is 16"),
        ("resnet18.pth", {}, "is no file of torch.save's"),
        ("resnet18.npz", {}, "must end in .safetensors, .pth, .pt, .bin or .weights.h5"),
        ("model.h5", {}, "must end in .safetensors, .pth, .pt, .bin or .weights.h5"),
        ("narrow.weights.h5", {"width": 4}, "does not hold the weights of resnet18_i"),
        ("text.weights.h5", {"width": 4}, "does not hold the weights of resnet18_i"),
    ],
)
def test_a_file_that_does_not_fit_is_one_line(tmp_path, name, options, message):
    path = tmp_path / name
    path.write_text("no weights")
    if name.startswith("narrow"):
        resnet18((32, 32, 3), width=2).save_weights(path)
    with pytest.raises(WeightsError, match=message) as error:
        resnet18_i((32, 32, 3), weights=path, **options)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("value", [60.0, 100.0])
def test_half_precision_means_a_large_map_before_the_logits(value):
    # Added up in float16 these give 63.5 and infinity: Keras 2 on a CPU.
    with mixed_precision():
        maps = tf.keras.Input((32, 32, 2))
        x = tf.keras.layers.Activation("linear")(maps)
        model = finish("large", maps, x, num_classes=3)
    features = tf.keras.Model(maps, model.get_layer("features").output)
    out = features(np.full((1, 32, 32, 2), value, np.float32))
    assert out.numpy().tolist() == [[value, value]]
