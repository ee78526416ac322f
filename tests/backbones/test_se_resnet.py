import numpy as np
import pytest
import tensorflow as tf
from safetensors.numpy import save_file

from tests.backbones.torchvision import BLOCKS, state_dict
from tests.checks import mixed_precision
from tests.golden_files import golden
from tfretrieval.backbones import WeightsError, resnet18, resnet18_i, se_resnet, se_resnext101
from tfretrieval.backbones.torch_weights import load_torch_resnet
from tfretrieval.layers import DomainAwareSqueezeExcite, SqueezeExcite
from tfretrieval.models import load_model

SHAPE = (32, 32, 3)
IMAGES = np.random.default_rng(0).uniform(0, 255, (2, *SHAPE)).astype(np.float32)
DOMAIN = np.array([0, 1])


@pytest.fixture(scope="module")
def torchvision_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "torchvision.safetensors"
    save_file(state_dict(int(golden("resnet18")["seed"])), path)
    return path


def gates(model):
    return [layer for layer in model.layers if layer.name.endswith(("_se", "_dase"))]


def trained(model):
    return sum(int(np.prod(v.shape)) for v in model.trainable_variables)


def test_parameters_are_those_of_the_published_networks():
    # Trained ones at 1,000 classes, as pytorchcv lists SE-ResNet-18 and SE-ResNet-50.
    assert trained(se_resnet(num_classes=1000)) == 11_778_592
    assert trained(se_resnet(depth=50, num_classes=1000)) == 28_088_024


@pytest.mark.parametrize("depth", [18, 50])
def test_every_residual_has_a_gate_before_the_sum_and_the_first_stages_know_the_domain(depth):
    plain = se_resnet(SHAPE, depth, width=4)
    aware = se_resnet(SHAPE, depth, domain_aware=True, width=4)
    assert (plain.name, aware.name) == (f"se_resnet{depth}", f"dase_resnet{depth}")
    blocks = [(s, b) for s in (1, 2, 3, 4) for b in range(1, BLOCKS[depth][s - 1] + 1)]
    added = 0
    for stage, block in blocks:
        ours = f"stage{stage}_block{block}"
        last_norm = f"{ours}_bn{2 if depth == 18 else 3}"
        for model, kind in ((plain, "se"), (aware, "dase" if stage < 4 else "se")):
            gate = model.get_layer(f"{ours}_{kind}")
            maps = gate.input[0] if kind == "dase" else gate.input
            assert maps is model.get_layer(last_norm).output
            assert model.get_layer(f"{ours}_add").input[0] is gate.output
        assert type(gate) is (DomainAwareSqueezeExcite if stage < 4 else SqueezeExcite)
        # One number a channel: the domain's row.
        added += gate.output.shape[-1] if stage < 4 else 0
    assert len(gates(plain)) == len(gates(aware)) == len(blocks)
    assert aware.count_params() - plain.count_params() == added > 0


@pytest.mark.parametrize("block", [False, True], ids=["resnet18", "resnet18_i"])
def test_at_first_it_is_the_plain_network(torchvision_file, block):
    build = resnet18_i if block else resnet18
    plain = build(SHAPE, weights=torchvision_file)(IMAGES).numpy()
    model = se_resnet(SHAPE, inception_c=block, domain_aware=True, weights=torchvision_file)
    inputs = {"image": IMAGES, "domain": DOMAIN}
    np.testing.assert_allclose(model(inputs), plain, rtol=1e-5, atol=1e-5 * plain.max())


def torch_resnet50(arrays, x):
    """torchvision's resnet50 in inference mode, from the names of its state dict."""

    def conv(x, name, stride=1):
        kernel = arrays[f"{name}.weight"].transpose(2, 3, 1, 0)
        pad = kernel.shape[0] // 2
        return tf.nn.conv2d(
            tf.pad(x, [[0, 0], [pad, pad], [pad, pad], [0, 0]]), kernel, stride, "VALID"
        )

    def norm(x, name):
        gamma, beta, mean, variance = (
            arrays[f"{name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
        )
        return (x - mean) / np.sqrt(variance + 1e-5) * gamma + beta

    x = tf.nn.relu(norm(conv(x, "conv1", 2), "bn1"))
    x = tf.nn.max_pool2d(tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), 3, 2, "VALID")
    for layer, blocks in enumerate(BLOCKS[50], start=1):
        for block in range(blocks):
            name, stride = f"layer{layer}.{block}", 2 if layer > 1 and block == 0 else 1
            y = tf.nn.relu(norm(conv(x, f"{name}.conv1"), f"{name}.bn1"))
            y = tf.nn.relu(norm(conv(y, f"{name}.conv2", stride), f"{name}.bn2"))
            y = norm(conv(y, f"{name}.conv3"), f"{name}.bn3")
            if block == 0:
                x = norm(conv(x, f"{name}.downsample.0", stride), f"{name}.downsample.1")
            x = tf.nn.relu(x + y)
    return x


def test_resnet50_is_at_first_torchvision_s(tmp_path):
    arrays = state_dict(seed=1, width=4, depth=50)
    save_file(arrays, tmp_path / "net.safetensors")
    model = se_resnet((48, 64, 3), 50, width=4, preprocess=False)
    load_torch_resnet(model, tmp_path / "net.safetensors", 50)
    x = np.random.default_rng(0).standard_normal((2, 48, 64, 3)).astype(np.float32)
    expected = torch_resnet50(arrays, x).numpy()
    assert expected.shape == (2, 2, 2, 128) and np.ptp(expected) > 0.1
    np.testing.assert_allclose(model(x), expected, rtol=1e-4, atol=1e-5 * expected.max())


def test_weights_go_through_the_door_of_their_depth(torchvision_file, tmp_path, monkeypatch):
    with pytest.raises(WeightsError, match="is not torchvision's ResNet50: it lacks"):
        se_resnet(SHAPE, 50, weights=torchvision_file)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(WeightsError, match="of dase_resnet50 are not at .*resnet50.tv_in1k"):
        se_resnet(SHAPE, 50, domain_aware=True, weights="imagenet")
    with pytest.raises(WeightsError, match="are of width 64, this network's is 8"):
        se_resnet(SHAPE, width=8, weights=torchvision_file)


@pytest.mark.parametrize("domain_aware", [False, True])
def test_the_gradient_reaches_every_gate_and_both_files_round_trip(
    domain_aware, tmp_path, eager_training
):
    options = {"domain_aware": domain_aware, "inception_c": True, "width": 8}
    model = se_resnet(SHAPE, **options)
    inputs = {"image": IMAGES, "domain": DOMAIN} if domain_aware else IMAGES
    model.compile(tf.keras.optimizers.Adam(0.01), "mse", jit_compile=False)
    before = {layer.name: layer.get_weights() for layer in gates(model)}
    # The first step moves W2 from zero; from then on W1 gets a gradient too.
    data = tf.data.Dataset.from_tensors((inputs, np.ones((2, 1, 1, 64), np.float32)))
    model.fit(data.repeat(2), verbose=0)
    for layer in gates(model):
        for old, new in zip(before[layer.name], layer.get_weights(), strict=True):
            assert (old != new).any(), layer.name
        if layer.name.endswith("_dase"):
            assert layer.get_weights()[2][-1].any(), layer.name

    expected = model(inputs)
    model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")(inputs)
    np.testing.assert_allclose(loaded, expected, atol=1e-5)
    model.save_weights(tmp_path / "model.weights.h5")
    again = se_resnet(SHAPE, weights=tmp_path / "model.weights.h5", **options)
    np.testing.assert_allclose(again(inputs), expected, atol=1e-5)


def test_the_domain_reaches_the_map_through_its_rows_alone():
    model = se_resnet(SHAPE, domain_aware=True, width=8)

    def map_of(domain):
        return model({"image": IMAGES, "domain": np.full(2, domain)}).numpy()

    # The gates pass everything at first, whatever the domain.
    np.testing.assert_array_equal(map_of(0), map_of(1))
    generator = np.random.default_rng(0)
    for layer in gates(model):
        if layer.name.endswith("_dase"):
            w1, b1, w2, b2 = layer.get_weights()
            w2[-1] = generator.standard_normal(len(b2))
            layer.set_weights([w1, b1, w2, b2])
    assert np.abs(map_of(0) - map_of(1)).max() > 1e-3
    for layer in gates(model):
        if layer.name.endswith("_dase"):
            w1, b1, w2, b2 = layer.get_weights()
            w2[-1] = 0
            layer.set_weights([w1, b1, w2, b2])
    np.testing.assert_array_equal(map_of(0), map_of(1))


def test_logits_are_float32_and_maps_half_under_mixed_precision():
    with mixed_precision():
        model = se_resnet(SHAPE, domain_aware=True, width=8, num_classes=3)
        out = model({"image": IMAGES, "domain": DOMAIN})
    assert out.dtype == tf.float32 and np.isfinite(out).all()
    assert model.get_layer("stage1_block1_dase").output.dtype == "float16"


def test_seresnext101_is_as_large_as_published_and_convolves_in_groups_with_gradients():
    model = se_resnext101(SHAPE, domain_aware=True, num_classes=1000)
    # SE-ResNeXt-101 (32x4d) at 1,000 classes, as pytorchcv lists it, and the domain's rows.
    assert trained(model) == 48_955_416 + 3 * 256 + 4 * 512 + 23 * 1024
    assert model.get_layer("stage4_block3_out").output.shape[1:] == (1, 1, 2048)
    names = [layer.name.rpartition("_")[2] for layer in gates(model)]
    assert names == ["dase"] * 30 + ["se"] * 3
    # The whole network takes a CPU half a minute, most of it XLA's.
    first = tf.keras.Model(model.input["image"], model.get_layer("stage1_block1_relu2").output)
    grouped = model.get_layer("stage1_block1_conv2")
    assert grouped.get_weights()[0].shape == (3, 3, 4, 128)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(first(IMAGES) ** 2)
    assert np.abs(tape.gradient(total, grouped.trainable_variables)[0]).max() > 0


@pytest.mark.parametrize(
    ("build", "options", "message"),
    [
        (se_resnet, {"depth": 34}, "depth must be 18 or 50, got 34"),
        (se_resnet, {"width": 0}, "width must be at least 1"),
        (se_resnet, {"width": 8, "num_classes": 0}, "num_classes must be at least 1"),
        (se_resnext101, {"width": 24}, "multiple of 16, got 24"),
    ],
)
def test_refuses(build, options, message):
    with pytest.raises(ValueError, match=message):
        build(SHAPE, **options)
