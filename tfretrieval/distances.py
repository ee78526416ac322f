"""Distances with gradients that stay finite; shared by losses, metrics and miners."""

import tensorflow as tf

# Bits of a float type: whole numbers below so many powers of two are told apart.
_PRECISION = {tf.bfloat16: 8, tf.float16: 11, tf.float32: 24, tf.float64: 53}
NO_LABEL = tf.int64.min
"""What an id becomes that was lost on its way here, where nothing can be raised."""


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


def tuple_distances(descriptors: tf.Tensor, squared: bool = False) -> tuple[tf.Tensor, tf.Tensor]:
    """Distances of a query to its positive, squared, and to its negatives.

    Args:
        descriptors: ``[B, 2 + negatives, D]``: query, positive, negatives.
        squared: squared Euclidean distances to the negatives as well.

    Returns:
        float32 ``[B]``, always squared, and ``[B, negatives]``.

    >>> d_p, d_n = tuple_distances(tf.constant([[[0.0], [3.0], [2.0], [5.0]]]))
    >>> float(d_p[0]), d_n.numpy().tolist()
    (9.0, [[2.0, 5.0]])
    """
    x = tf.cast(descriptors, tf.float32)
    if x.shape.rank != 3 or (x.shape[1] is not None and x.shape[1] < 3):
        raise ValueError(
            "tuples must be [B, 2 + negatives, D]: query, positive, one negative or more, got "
            f"shape {tuple(x.shape)}"
        )
    distances = tf.reduce_sum(tf.square(x[:, 1:] - x[:, :1]), axis=-1)
    negatives = distances[:, 1:]
    return distances[:, 0], negatives if squared else safe_sqrt(negatives)


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


def label_ids(labels: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
    """Class ids of any number type as int64 ``[B]``, exact or refused.

    A float type has whole numbers one by one up to a bound only (float32, in which Keras 3 hands
    labels on, up to 2^24; float16 up to 2^11): two classes above it would become one.

    Args:
        labels: ``[B]`` or ``[B, 1]``.
        rows: what has one label each, ``[B, ...]``.

    Raises:
        ValueError: labels of another shape, such as one-hot ones, or no numbers.
        InvalidArgumentError: ids that are not whole, that a float type cannot tell apart, or from
            2^63 on. XLA has no assertions: there such an id becomes ``NO_LABEL``, see
            :func:`nan_if_lost`.

    >>> label_ids(tf.constant([[2.0], [0.0]]), tf.zeros([2, 5])).numpy().tolist()
    [2, 0]
    """
    labels = one_a_row(labels, rows, "labels")
    if labels.dtype.is_integer or labels.dtype.is_bool:
        ids = tf.cast(labels, tf.int64)
        if labels.dtype != tf.uint64:
            return ids
        fits = tf.debugging.Assert(
            tf.reduce_all(ids >= 0), ["labels must be below 2^63, got", labels]
        )
        with tf.control_dependencies([fits]):
            return tf.where(ids >= 0, ids, NO_LABEL)
    if not labels.dtype.is_floating:
        raise ValueError(f"labels must be whole numbers, got {labels.dtype.name}")
    bound = 2 ** _PRECISION[labels.dtype]
    whole = (labels == tf.floor(labels)) & (tf.abs(labels) < tf.cast(bound, labels.dtype))
    told = tf.debugging.Assert(
        tf.reduce_all(whole),
        [
            f"labels must be whole numbers below {bound}, the first that {labels.dtype.name} "
            "cannot tell from its neighbour (Keras 3 hands labels on in float32): number the "
            "classes by np.unique(labels, return_inverse=True)[1]. These go from and to",
            tf.reduce_min(labels),
            tf.reduce_max(labels),
        ],
    )
    # Whoever needs the labels waits for the verdict, in a graph too.
    with tf.control_dependencies([told]):
        return tf.where(whole, tf.cast(tf.where(whole, labels, 0), tf.int64), NO_LABEL)


def nan_if_lost(ids: tf.Tensor) -> tf.Tensor:
    """What is added to a loss of :func:`label_ids`: 0, or NaN where XLA let pass a label that is
    lost.

    >>> float(nan_if_lost(tf.constant([3, NO_LABEL])))
    nan
    """
    return tf.where(tf.reduce_any(ids == NO_LABEL), float("nan"), 0.0)


def one_a_row(values: tf.Tensor, rows: tf.Tensor, name: str) -> tf.Tensor:
    """Targets ``[B]`` or ``[B, 1]`` as ``[B]``, one for each row.

    Raises:
        ValueError: another shape, as far as it is known.
        InvalidArgumentError: another number of them, where it is known only then.

    >>> one_a_row(tf.constant([[0.5], [1.5]]), tf.zeros([2, 3]), "margins").numpy().tolist()
    [0.5, 1.5]
    """
    values = tf.convert_to_tensor(values)
    shape = values.shape
    if shape.rank is not None and (shape.rank > 2 or shape[1:].num_elements() not in (1, None)):
        one_hot = " (one-hot? pass tf.argmax(labels, axis=-1))" if name == "labels" else ""
        raise ValueError(f"{name} must be [B] or [B, 1], got shape {tuple(shape)}{one_hot}")
    flat = tf.reshape(values, [-1])
    if not flat.shape.is_compatible_with(rows.shape[:1]):
        raise ValueError(f"{rows.shape[0]} rows need one label each, got {flat.shape[0]} {name}")
    if flat.shape[0] is not None and rows.shape[0] is not None:
        return flat
    counts = (tf.size(flat), tf.shape(rows)[0])
    same = tf.debugging.Assert(
        counts[0] == counts[1], [f"{name} must be [B] or [B, 1], one a row: have, rows", *counts]
    )
    with tf.control_dependencies([same]):
        return tf.identity(flat)


def class_ids(labels: tf.Tensor, rows: tf.Tensor, num_classes: int) -> tf.Tensor:
    """:func:`label_ids` that are classes, int32 ``[B]``.

    Raises:
        InvalidArgumentError: a label outside ``[0, num_classes)``. XLA has no assertions: there it
            becomes -1.

    >>> class_ids(tf.constant([[2.0], [0.0]]), tf.zeros([2, 3]), 3).numpy().tolist()
    [2, 0]
    """
    labels = label_ids(labels, rows)
    inside = (labels >= 0) & (labels < num_classes)
    known = tf.debugging.Assert(
        tf.reduce_all(inside),
        [
            f"labels must lie in [0, {num_classes}), these go from and to",
            tf.reduce_min(labels),
            tf.reduce_max(labels),
        ],
    )
    with tf.control_dependencies([known]):
        return tf.cast(tf.where(inside, labels, -1), tf.int32)


def own_and_others(labels: tf.Tensor, distances: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """What losses and metrics read of distances to class centers.

    Args:
        labels: class ids ``[B]`` or ``[B, 1]``, see :func:`label_ids`.
        distances: ``[B, classes]``.

    Returns:
        The distance to the own center ``[B]``, NaN where XLA let a label pass that is no class;
        all distances ``[B, classes]``; and where they are those to the other centers. The first
        two are float32, the last is boolean.

    Raises:
        ValueError: distances of another shape, or not one label for each row.

    >>> own, distances, other = own_and_others(tf.constant([1]), tf.constant([[4.0, 9.0]]))
    >>> own.numpy().tolist(), other.numpy().tolist()
    ([9.0], [[True, False]])
    """
    distances = tf.cast(distances, tf.float32)
    if distances.shape.rank != 2 or distances.shape[1] is None:
        raise ValueError(
            f"distances to centers must be [B, classes], got shape {tuple(distances.shape)}"
        )
    labels = class_ids(labels, distances, distances.shape[1])
    is_own = labels[:, None] == tf.range(distances.shape[1])[None, :]
    own = tf.reduce_sum(tf.where(is_own, distances, 0.0), axis=1)
    return tf.where(tf.reduce_any(is_own, axis=1), own, float("nan")), distances, ~is_own


def sorted_rows(values: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """The masked values of every row in ascending order, filled up with ``tf.float32.max``.

    >>> row = sorted_rows(tf.constant([[3.0, 1.0, 2.0]]), tf.constant([[True, False, True]]))
    >>> row[0, :2].numpy().tolist()
    [2.0, 3.0]
    """
    return tf.sort(tf.where(mask, values, tf.float32.max), axis=1)
