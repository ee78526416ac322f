"""Binary codes from class centers alone."""

import numpy as np
import tensorflow as tf


def fit_center_codes(
    centers: np.ndarray,
    bits: int,
    steps: int = 10_000,
    learning_rate: float = 1e-3,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """A linear map whose signs are codes, fitted so that the codes of the centers are far apart.

    The mean over all pairs of two centers of ``<h_i, h_j> / bits`` is minimised, with
    ``h = sign(c W + b)`` and the largest singular value of W held at one; the gradient passes the
    sign as if it were not there. Adam, its rate falling to zero in a straight line.

    Source: Lu et al. 2021 and the authors' code, which divides by ``|c W + b|``: a gradient without
    bound where a sign is about to change. The plain one leaves centers farther from the thresholds
    (our choice). A feature near its center gets the center's code; no picture is read.

    Args:
        centers: ``[classes, D]``.
        bits: length of the codes.
        steps: of Adam.
        learning_rate: its first rate.
        seed: of the initial map.

    Returns:
        W float32 ``[D, bits]`` and b ``[bits]``; a bit of a feature x is ``x W + b >= 0``. They
        are the weights of a :class:`~tfretrieval.layers.HashLayer`.

    Raises:
        ValueError: fewer than two centers, NaN or infinite ones, ``bits`` or ``steps`` below one.

    >>> kernel, bias = fit_center_codes(np.eye(4, 6), bits=8, steps=50)
    >>> kernel.shape, bias.shape, round(float(np.linalg.norm(kernel, 2)), 4)
    ((6, 8), (8,), 1.0)
    """
    centers = np.asarray(centers, np.float32)
    if centers.ndim != 2 or len(centers) < 2 or not np.isfinite(centers).all():
        raise ValueError(f"centers must be finite [classes, D], two at least, got {centers.shape}")
    if bits < 1 or steps < 1:
        raise ValueError(f"bits and steps must be at least 1, got {bits} and {steps}")
    generator = np.random.default_rng(seed)
    bound = 1 / np.sqrt(centers.shape[1])
    kernel, bias = (
        generator.uniform(-bound, bound, shape).astype(np.float32)
        for shape in ((centers.shape[1], bits), (bits,))
    )
    weights, bias = _minimise(
        tf.constant(centers),
        tf.constant(kernel),
        tf.constant(bias),
        tf.constant(generator.standard_normal((bits, 1)), tf.float32),
        tf.constant(steps),
        tf.constant(learning_rate, tf.float32),
    )
    weights = weights.numpy()
    return weights / np.linalg.norm(weights, 2), bias.numpy()


@tf.function(jit_compile=False, reduce_retracing=True)
def _minimise(centers, kernel, bias, direction, steps, rate):
    """All steps of Adam in one graph: one at a time from Python would take minutes."""
    count = tf.cast(tf.shape(centers)[0], tf.float32)
    pairs = count * (count - 1) * tf.cast(tf.shape(kernel)[1], tf.float32)

    def step(number, direction, weights, first, second):
        # One power iteration a step follows the largest singular value closely enough.
        left = tf.math.l2_normalize(tf.matmul(weights[0], direction))
        direction = tf.math.l2_normalize(tf.matmul(weights[0], left, transpose_a=True))
        with tf.GradientTape() as tape:
            tape.watch(weights)
            largest = tf.reduce_sum(left * tf.matmul(weights[0], direction))
            codes = _sign(tf.matmul(centers, weights[0]) / largest + weights[1])
            # The sum over all pairs from the sum of the codes, less each with itself.
            total = tf.reduce_sum(tf.square(tf.reduce_sum(codes, axis=0)))
            loss = (total - tf.reduce_sum(tf.square(codes))) / pairs
        gradients = tape.gradient(loss, weights)
        first = [0.9 * m + 0.1 * g for m, g in zip(first, gradients, strict=True)]
        second = [0.999 * v + 0.001 * g * g for v, g in zip(second, gradients, strict=True)]
        done = tf.cast(number + 1, tf.float32)
        now = rate * (1 - tf.cast(number, tf.float32) / tf.cast(steps, tf.float32))
        now *= tf.sqrt(1 - 0.999**done) / (1 - 0.9**done)
        weights = [
            w - now * m / (tf.sqrt(v) + 1e-8)
            for w, m, v in zip(weights, first, second, strict=True)
        ]
        return number + 1, direction, weights, first, second

    zeros = [tf.zeros_like(kernel), tf.zeros_like(bias)]
    start = (0, direction, [kernel, bias], zeros, zeros)
    return tf.while_loop(lambda number, *_: number < steps, step, start)[2]


def _sign(x):
    """-1 or +1, with the gradient of x."""
    signs = tf.where(x >= 0, 1.0, -1.0)
    return x + tf.stop_gradient(signs - x)
