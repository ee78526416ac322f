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

    Source: Lu et al. 2021, as in the authors' code. A feature near its center gets the center's
    code; no picture is read.

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
        tf.Variable(generator.uniform(-bound, bound, shape).astype(np.float32))
        for shape in ((centers.shape[1], bits), (bits,))
    )
    direction = tf.Variable(generator.standard_normal((bits, 1)).astype(np.float32))
    schedule = tf.keras.optimizers.schedules.PolynomialDecay(learning_rate, steps, 0.0)
    optimizer = tf.keras.optimizers.Adam(schedule)
    optimizer.build([kernel, bias])
    _minimise(tf.constant(centers), kernel, bias, direction, optimizer, tf.constant(steps))
    weights = kernel.numpy()
    return weights / np.linalg.norm(weights, 2), bias.numpy()


def _minimise(centers, kernel, bias, direction, optimizer, steps):
    """All steps in one graph: one at a time from Python would take minutes."""
    pairs = tf.cast(centers.shape[0] * (centers.shape[0] - 1), tf.float32)

    @tf.function(jit_compile=False)
    def run():
        for _ in tf.range(steps):
            # One power iteration a step follows the largest singular value closely enough.
            left = tf.math.l2_normalize(tf.matmul(kernel, direction), axis=None)
            right = tf.math.l2_normalize(tf.matmul(kernel, left, transpose_a=True), axis=None)
            direction.assign(right)
            with tf.GradientTape() as tape:
                largest = tf.reduce_sum(left * tf.matmul(kernel, right))
                codes = _sign(tf.matmul(centers, kernel) / largest + bias)
                # The sum over all pairs from the sum of the codes; each with itself gives 1.
                total = tf.reduce_sum(tf.square(tf.reduce_sum(codes, axis=0)))
                loss = (total - tf.reduce_sum(tf.square(codes))) / (kernel.shape[1] * pairs)
            gradients = tape.gradient(loss, [kernel, bias])
            optimizer.apply_gradients(zip(gradients, [kernel, bias], strict=True))

    run()


def _sign(x):
    """-1 or +1, with the gradient of x."""
    signs = tf.where(x >= 0, 1.0, -1.0)
    return x + tf.stop_gradient(signs - x)
