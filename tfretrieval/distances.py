"""Distances with gradients that stay finite; shared by losses, metrics and miners."""

import tensorflow as tf


def safe_sqrt(squared: tf.Tensor, floor: tf.Tensor | float = 0.0) -> tf.Tensor:
    """Square root whose value and gradient are zero where ``squared <= floor``.

    The plain root has an infinite gradient at zero, and one anchor equal to its positive would
    turn every weight into NaN. NaN stays NaN, so that a diverged run is seen.
    """
    zero = squared <= floor
    return tf.where(zero, 0.0, tf.sqrt(tf.where(zero, tf.ones_like(squared), squared)))


def triplet_distances(embeddings: tf.Tensor, squared: bool = False) -> tuple[tf.Tensor, tf.Tensor]:
    """d(A, P) and d(A, N) of triplets.

    Args:
        embeddings: ``[B, 3, D]``: anchor, positive, negative.
        squared: squared Euclidean instead of Euclidean distances.

    Returns:
        Two float32 tensors ``[B]``.

    >>> d_ap, d_an = triplet_distances(tf.constant([[[0.0, 0.0], [3.0, 4.0], [0.0, 2.0]]]))
    >>> float(d_ap[0]), float(d_an[0])
    (5.0, 2.0)
    """
    embeddings = tf.cast(embeddings, tf.float32)
    if embeddings.shape.rank != 3 or embeddings.shape[1] not in (3, None):
        raise ValueError(f"triplets must be [B, 3, D], got shape {tuple(embeddings.shape)}")
    anchor, positive, negative = tf.unstack(embeddings, num=3, axis=1)
    d_ap = tf.reduce_sum(tf.square(anchor - positive), axis=-1)
    d_an = tf.reduce_sum(tf.square(anchor - negative), axis=-1)
    return (d_ap, d_an) if squared else (safe_sqrt(d_ap), safe_sqrt(d_an))


def pairwise_distances(embeddings: tf.Tensor, squared: bool = False) -> tf.Tensor:
    """All distances inside a batch by one matrix product.

    GPUs since Ampere round the factors of a float32 product to TF32, which is too coarse for near
    points: ``tf.config.experimental.enable_tensor_float_32_execution(False)``.

    Args:
        embeddings: ``[B, D]``.
        squared: squared Euclidean instead of Euclidean distances.

    Returns:
        float32 ``[B, B]``, zero on the diagonal.

    >>> pairwise_distances(tf.constant([[0.0, 0.0], [3.0, 4.0]])).numpy().round(4).tolist()
    [[0.0, 5.0], [5.0, 0.0]]
    """
    x = tf.cast(embeddings, tf.float32)
    # Distances do not change when the batch is centred, but the cancellation below shrinks.
    x -= tf.stop_gradient(tf.reduce_sum(x, 0) / tf.cast(tf.maximum(tf.shape(x)[0], 1), tf.float32))
    norms = tf.reduce_sum(tf.square(x), axis=1)
    scale = norms[:, None] + norms[None, :]
    distances = scale - 2 * tf.matmul(x, x, transpose_b=True)
    # Rounding can leave a small negative number; max(., 0) would also cut its gradient.
    distances += tf.stop_gradient(tf.nn.relu(-distances))
    distances = tf.linalg.set_diag(distances, tf.zeros_like(norms))
    # Below this floor the difference is rounding noise: equal points, not near ones.
    return distances if squared else safe_sqrt(distances, floor=1e-6 * scale)


def sorted_rows(values: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """The masked values of every row in ascending order, filled up with ``tf.float32.max``.

    >>> row = sorted_rows(tf.constant([[3.0, 1.0, 2.0]]), tf.constant([[True, False, True]]))
    >>> row[0, :2].numpy().tolist()
    [2.0, 3.0]
    """
    return tf.sort(tf.where(mask, values, tf.float32.max), axis=1)
