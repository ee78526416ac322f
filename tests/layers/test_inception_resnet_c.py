import numpy as np
import pytest
import tensorflow as tf

from tests.checks import check_layer, convolves_nothing
from tests.golden_files import assert_matches, golden
from tfretrieval.layers import InceptionResNetC


def keras_weights():
    """The 18 tensors of the golden file, drawn by its rule."""
    generator = np.random.default_rng(int(golden("block8")["seed"]))
    draws = []
    for shape in [(1, 1, 512, 192), (1, 1, 512, 192), (1, 3, 192, 224), (3, 1, 224, 256)]:
        fan_in = np.prod(shape[:3])
        draws.append(generator.standard_normal(shape) * np.sqrt(2 / fan_in))
        draws.append(generator.standard_normal(shape[-1]) * 0.1)
        draws.append(generator.standard_normal(shape[-1]) * 0.1)
        draws.append(generator.uniform(0.5, 1.5, shape[-1]))
    draws.append(generator.standard_normal((1, 1, 448, 512)) * np.sqrt(1 / 448))
    draws.append(generator.standard_normal(512) * 0.1)
    return [draw.astype(np.float32) for draw in draws]


def filled(block, x):
    block.build(x.shape)
    weights = keras_weights()
    for index, (conv, norm) in enumerate(zip(block.convs, block.norms, strict=True)):
        conv.set_weights(weights[4 * index : 4 * index + 1])
        norm.set_weights(weights[4 * index + 1 : 4 * index + 4])
    block.up.set_weights(weights[16:])
    return block


def test_drawn_weights_are_those_of_the_golden_file():
    file = golden("block8")
    weights = keras_weights()
    assert_matches([w.sum(dtype=np.float64) for w in weights], file["weight_sum"])
    np.testing.assert_array_equal([w.flat[0] for w in weights], file["weight_first"])


@pytest.mark.parametrize(
    "options, expected",
    [({}, "out"), ({"scale": 1.0, "activation": None}, "out_linear")],
    ids=["residual-relu", "linear"],
)
def test_matches_keras_applications(options, expected):
    file = golden("block8")
    out = filled(InceptionResNetC(**options), file["x"])(file["x"]).numpy()
    assert_matches(out, file[expected])
    assert_matches(out.mean(axis=(1, 2)), file[f"{expected}_gap"])


def test_contract():
    x = np.random.default_rng(0).standard_normal((2, 4, 3, 6)).astype(np.float32)
    check_layer(lambda: InceptionResNetC(4, (4, 5, 6)), x, empty=convolves_nothing())


def test_starts_as_the_identity_on_positive_maps_when_scale_is_zero():
    x = tf.random.stateless_uniform([1, 3, 3, 4], seed=[0, 0])
    np.testing.assert_allclose(InceptionResNetC(2, (2, 2, 2), scale=0.0)(x), x)


def test_refuses_two_widths_for_the_three_convolutions():
    with pytest.raises(ValueError, match="three widths"):
        InceptionResNetC(4, (4, 5))
