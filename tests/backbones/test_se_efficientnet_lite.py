import numpy as np
import pytest
import tensorflow as tf
from safetensors.numpy import save_file

from tests.backbones.efficientnet_lite import state_dict
from tests.checks import mixed_precision
from tfretrieval.backbones import WeightsError, efficientnet_lite0, se_efficientnet_lite0
from tfretrieval.models import load_model

SHAPE = (32, 32, 3)
IMAGES = np.random.default_rng(0).uniform(0, 255, (2, *SHAPE)).astype(np.float32)
INPUTS = {"image": IMAGES, "domain": np.array([0, 1])}


def gates(model):
    return [layer for layer in model.layers if layer.name.endswith(("_se", "_dase"))]


def test_every_block_has_a_gate_and_all_but_those_of_the_last_maps_know_the_domain():
    plain = se_efficientnet_lite0(SHAPE, width=4)
    aware = se_efficientnet_lite0(SHAPE, width=4, domain_aware=True)
    assert (plain.name, aware.name) == ("se_efficientnet_lite0", "dase_efficientnet_lite0")
    added = 0
    for stage, blocks in enumerate((1, 2, 2, 3, 3, 4, 1), start=1):
        for block in range(1, blocks + 1):
            ours = f"stage{stage}_block{block}"
            for model, kind in ((plain, "se"), (aware, "dase" if stage < 6 else "se")):
                gate = model.get_layer(f"{ours}_{kind}")
                maps = gate.input[0] if kind == "dase" else gate.input
                assert maps is model.get_layer(f"{ours}_depthwise_relu").output
                assert model.get_layer(f"{ours}_project_conv").input is gate.output
            # One number a channel: the domain's row.
            added += gate.output.shape[-1] if kind == "dase" else 0
    assert len(gates(plain)) == len(gates(aware)) == 16
    assert aware.count_params() - plain.count_params() == added > 0


def test_at_first_a_file_of_the_plain_network_gives_its_maps(tmp_path):
    path = tmp_path / "lite0.safetensors"
    save_file(state_dict(0, 0, width=32), path)
    expected = efficientnet_lite0(SHAPE, weights=path)(IMAGES).numpy()
    assert np.ptp(expected) > 0
    np.testing.assert_allclose(se_efficientnet_lite0(SHAPE, weights=path)(IMAGES), expected)
    aware = se_efficientnet_lite0(SHAPE, domain_aware=True, weights=path)
    np.testing.assert_allclose(aware(INPUTS), expected)


def test_the_gradient_reaches_every_gate_and_both_files_round_trip(tmp_path):
    options = {"width": 4, "domain_aware": True}
    model = se_efficientnet_lite0(SHAPE, **options)
    model.compile("sgd", "mse", jit_compile=False, run_eagerly=True)
    before = {layer.name: layer.get_weights() for layer in gates(model)}
    # The first step moves W2 from zero; from then on W1 gets a gradient too.
    for _ in range(2):
        model.train_on_batch(INPUTS, np.ones((2, 1, 1, 160), np.float32))
    for layer in gates(model):
        for old, new in zip(before[layer.name], layer.get_weights(), strict=True):
            assert (old != new).any(), layer.name
        if layer.name.endswith("_dase"):
            assert layer.get_weights()[2][-1].any(), layer.name
    expected = model(INPUTS)
    model.save(tmp_path / "model.keras")
    np.testing.assert_allclose(load_model(tmp_path / "model.keras")(INPUTS), expected, atol=1e-5)
    model.save_weights(tmp_path / "model.weights.h5")
    again = se_efficientnet_lite0(SHAPE, weights=tmp_path / "model.weights.h5", **options)
    np.testing.assert_allclose(again(INPUTS), expected, atol=1e-5)
    with pytest.raises(WeightsError, match="does not hold the weights of se_efficientnet_lite0"):
        se_efficientnet_lite0(SHAPE, width=4, weights=tmp_path / "model.weights.h5")


def test_logits_are_float32_and_maps_half_under_mixed_precision():
    with mixed_precision():
        model = se_efficientnet_lite0(SHAPE, domain_aware=True, width=4, num_classes=3)
        out = model(INPUTS)
    assert out.dtype == tf.float32 and np.isfinite(out).all()
    assert model.get_layer("stage1_block1_dase").output.dtype == "float16"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 0}, "width must be at least 1"),
        ({"width": 4, "num_classes": 0}, "num_classes must be at least 1"),
        ({"width": 4, "weights": "imagenet"}, "imagenet weights are of width 32"),
    ],
)
def test_refuses(options, message):
    with pytest.raises(ValueError, match=message):
        se_efficientnet_lite0(SHAPE, **options)
