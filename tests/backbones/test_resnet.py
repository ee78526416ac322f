import numpy as np
import pytest
import tensorflow as tf

from tests.checks import mixed_precision
from tests.golden_files import assert_matches, golden
from tfretrieval.backbones import resnet18, resnet18_i


def torchvision_weights():
    """The 102 tensors of the golden file in torchvision's shapes, drawn by its rule."""
    generator = np.random.default_rng(int(golden("resnet18")["seed"]))
    tensors = []

    def conv(*shape):
        scale = np.sqrt(2 / np.prod(shape[1:]))
        tensors.append(generator.standard_normal(shape) * scale)

    def norm(channels):
        tensors.append(generator.uniform(0.5, 1.5, channels))
        tensors.append(generator.standard_normal(channels) * 0.1)
        tensors.append(generator.standard_normal(channels) * 0.1)
        tensors.append(generator.uniform(0.5, 1.5, channels))

    conv(64, 3, 7, 7)
    norm(64)
    incoming = 64
    for stage, channels in enumerate((64, 128, 256, 512), start=1):
        for block in range(2):
            conv(channels, incoming, 3, 3)
            norm(channels)
            conv(channels, channels, 3, 3)
            norm(channels)
            if stage > 1 and block == 0:
                conv(channels, incoming, 1, 1)
                norm(channels)
            incoming = channels
    tensors.append(generator.standard_normal((1000, 512)) * np.sqrt(1 / 512))
    tensors.append(generator.standard_normal(1000) * 0.1)
    return [tensor.astype(np.float32) for tensor in tensors]


def load_torchvision(model, tensors):
    """Hands the tensors to the layers by name, in drawing order."""
    names = ["stem_conv", "stem_bn"]
    for stage in range(1, 5):
        for block in (1, 2):
            name = f"stage{stage}_block{block}"
            names += [f"{name}_{part}" for part in ("conv1", "bn1", "conv2", "bn2")]
            if stage > 1 and block == 1:
                names += [f"{name}_shortcut_conv", f"{name}_shortcut_bn"]
    tensors = iter(tensors)
    for name in names:
        if name.endswith("bn") or name[:-1].endswith("bn"):
            weights = [next(tensors) for _ in range(4)]
        else:
            weights = [next(tensors).transpose(2, 3, 1, 0)]
        model.get_layer(name).set_weights(weights)
    model.get_layer("logits").set_weights([next(tensors).T, next(tensors)])
    assert next(tensors, None) is None


@pytest.fixture(scope="module")
def network():
    tensors = torchvision_weights()
    file = golden("resnet18")
    assert_matches([t.sum(dtype=np.float64) for t in tensors], file["weight_sum"])
    np.testing.assert_array_equal([t.flat[0] for t in tensors], file["weight_first"])
    model = resnet18((None, None, 3), preprocess=False, num_classes=1000)
    load_torchvision(model, tensors)
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
