"""What the layers that read a map part by part share."""

import numpy as np
import tensorflow as tf

# Under the square root, so that its slope stays finite at zero; the authors' code.
ROOT_EPSILON = 1e-12


def check_parts(features_shape, attention_shape) -> None:
    """Raises `ValueError` unless these are maps ``[B, H, W, C]`` and attention ``[B, h, w, M]``."""
    if len(features_shape) != 4 or len(attention_shape) != 4:
        raise ValueError(
            "call the layer with [features [B, H, W, C], attention [B, h, w, M]], got shapes "
            f"{tuple(features_shape)} and {tuple(attention_shape)}"
        )
    if attention_shape[-1] is None:
        raise ValueError("the number of attention maps must be known")


def flat_parts(features, attention) -> tuple[tf.Tensor, tf.Tensor]:
    """float32 ``[B, HW, C]`` and ``[B, HW, M]``, the attention enlarged to the features."""
    check_parts(features.shape, attention.shape)
    features, attention = (tf.cast(maps, tf.float32) for maps in (features, attention))
    attention = enlarged(attention, features.shape[1:3])
    return tuple(
        tf.reshape(maps, [-1, tf.shape(maps)[1] * tf.shape(maps)[2], maps.shape[-1]])
        if None in maps.shape[1:3]
        else tf.reshape(maps, [-1, maps.shape[1] * maps.shape[2], maps.shape[3]])
        for maps in (features, attention)
    )


def enlarged(maps: tf.Tensor, size) -> tf.Tensor:
    """Maps ``[B, h, w, M]`` at another size, bilinear, corner cell upon corner cell.

    ``tf.image.resize`` lays the outer edges of the cells on each other instead.

    Raises:
        ValueError: sizes that differ and are not known beforehand.
    """
    if tuple(maps.shape[1:3]) == tuple(size):
        return maps
    if None in (*maps.shape[1:3], *size):
        raise ValueError(
            f"maps of {tuple(maps.shape[1:3])} cells cannot be brought to {tuple(size)}: "
            "both sizes must be known"
        )
    for axis, equation in ((1, "oh,bhwm->bowm"), (2, "ow,bhwm->bhom")):
        weights = interpolation(maps.shape[axis], size[axis - 1])
        maps = tf.einsum(equation, tf.constant(weights, maps.dtype), maps)
    return maps


def interpolation(cells: int, wanted: int) -> np.ndarray:
    """Weights ``[wanted, cells]`` of linear interpolation with aligned corners.

    >>> interpolation(2, 3).tolist()
    [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    """
    positions = np.linspace(0, cells - 1, wanted) if wanted > 1 else np.zeros(1)
    return np.maximum(0, 1 - np.abs(positions[:, None] - np.arange(cells)[None]))


def part_maxima(features: tf.Tensor, attention: tf.Tensor) -> tf.Tensor:
    """``max_p F_pc A_pm``, ``[B, M, C]``, from ``[B, HW, C]`` and ``[B, HW, M]``.

    The cell of the maximum is looked for part by part, outside of the gradient, so that no more
    than one product ``[B, C, HW]`` is alive; what is found there is taken from both factors.
    """
    # The cells last: they are what is searched and gathered from.
    features, attention = (tf.transpose(maps, [0, 2, 1]) for maps in (features, attention))
    constant = tf.stop_gradient(features)
    cells = tf.map_fn(
        lambda part: tf.argmax(constant * part[:, None], axis=2, output_type=tf.int32),
        tf.stop_gradient(tf.transpose(attention, [1, 0, 2])),
        fn_output_signature=tf.TensorSpec([None, features.shape[1]], tf.int32),
        parallel_iterations=1,
    )
    of_features = tf.gather(features, tf.transpose(cells, [1, 2, 0]), batch_dims=2)
    of_attention = tf.gather(attention, tf.transpose(cells, [1, 0, 2]), batch_dims=2)
    return tf.transpose(of_features, [0, 2, 1]) * of_attention


def unit_signed_root(x: tf.Tensor) -> tf.Tensor:
    """``sign(x) sqrt(|x| + 1e-12)``, then of unit length; float32 ``[B, D]``.

    >>> unit_signed_root(tf.constant([[9.0, 0.0, -9.0]])).numpy().round(4)
    array([[ 0.7071, 0. , -0.7071]], dtype=float32)
    """
    rooted = tf.sign(x) * tf.sqrt(tf.abs(x) + ROOT_EPSILON)
    # Of the squared length: a length below 1e-12 is not brought to one.
    return tf.math.l2_normalize(rooted, axis=-1, epsilon=1e-24)
