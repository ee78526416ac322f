import numpy as np
import pytest
import tensorflow as tf

from tfretrieval.layers import EdgeConv, InceptionResNetC, PartGraph
from tfretrieval.models import freeze_normalization

layers = tf.keras.layers
IMAGES = np.random.default_rng(0).standard_normal((8, 4, 4, 3)).astype(np.float32)


def network(kind):
    image = tf.keras.Input((4, 4, 3))
    x = layers.BatchNormalization(name="outer")(image)
    if kind == "block":
        x = InceptionResNetC(2, (2, 2, 2))(x)
    elif kind == "inner model":
        inner = tf.keras.Sequential([tf.keras.Input((4, 4, 3)), layers.BatchNormalization()])
        x = inner(x)
    else:
        x = layers.Reshape((16, 3))(x)
        x = PartGraph(3)(x) if kind == "graph" else EdgeConv(4, 3)(x)
    return tf.keras.Model(image, layers.Dense(2)(layers.Flatten()(x)))


@pytest.mark.parametrize(
    "kind, count", [("block", 5), ("inner model", 2), ("graph", 3), ("edge", 2)]
)
def test_statistics_stay_wherever_the_normalisation_lies_and_the_rest_trains(kind, count):
    model = network(kind)
    assert freeze_normalization(model) == count
    norms = [x for x in model._flatten_layers() if isinstance(x, layers.BatchNormalization)]
    before = [norm.get_weights() for norm in norms]
    kernel = model.layers[-1].get_weights()[0]
    model.compile("sgd", "mse", jit_compile=False)
    model.fit(IMAGES, np.ones((8, 2)), verbose=0)
    assert (model.layers[-1].get_weights()[0] != kernel).any()
    for norm, weights in zip(norms, before, strict=True):
        for now, then in zip(norm.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(now, then)
