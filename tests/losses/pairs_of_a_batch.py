"""What the tests of losses on all pairs of a batch share."""

import numpy as np
import tensorflow as tf

RNG = np.random.default_rng(0)
# Away from 0, where the distance to the sign has a kink.
CODES = (RNG.choice([-1, 1], (7, 12)) * RNG.uniform(0.2, 0.9, (7, 12))).astype(np.float32)
LABELS = np.array([0, 1, 0, 2, 1, 0, 3])
HOT = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [0, 0, 1], [1, 0, 0], [0, 1, 1]])
SIMILAR = LABELS[:, None] == LABELS[None]
SHARED = HOT @ HOT.T > 0


def check_several_labels(loss, oracle) -> None:
    """Holds a loss to ``oracle(codes, similar)``, of one label a picture and of several."""
    codes = CODES.astype(np.float64)
    np.testing.assert_allclose(loss(LABELS, CODES), oracle(codes, SIMILAR), rtol=1e-5)
    for dtype in (np.int32, np.float32, np.uint8):
        found = loss(HOT.astype(dtype), CODES)
        np.testing.assert_allclose(found, oracle(codes, SHARED), rtol=1e-5)
    model = tf.keras.Sequential([tf.keras.Input((12,)), tf.keras.layers.Activation("linear")])
    model.compile("sgd", loss, jit_compile=False)
    logs = model.fit(CODES, HOT, batch_size=7, shuffle=False, verbose=0).history
    np.testing.assert_allclose(logs["loss"][0], oracle(codes, SHARED), rtol=1e-5)


def softplus(x):
    return np.logaddexp(0, x)


def cosines(codes):
    unit = codes / np.linalg.norm(codes, axis=1, keepdims=True)
    return unit @ unit.T
