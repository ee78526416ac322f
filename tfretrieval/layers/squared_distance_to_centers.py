"""Class centers, learned or running, and the distances to them."""

from typing import Any

import tensorflow as tf

from tfretrieval.compat import first_replica
from tfretrieval.distances import class_ids

UPDATES = ("gradient", "running")


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class SquaredDistanceToCenters(tf.keras.layers.Layer):
    """Squared Euclidean distances to the center of every class.

    ``d_ij = ||x_i - c_j||^2`` by one matrix product. GPUs since Ampere round its factors to TF32,
    which is too coarse for near points:
    ``tf.config.experimental.enable_tensor_float_32_execution(False)``.

    * ``"gradient"``: the centers are weights that the optimizer moves.
    * ``"running"``: they are no part of the gradient; every training batch moves them by the rule
      of Wen et al. 2016 (:func:`center_update`), after its distances to the old ones are taken.
      A frozen layer (``trainable = False``) leaves them where they are.

    Args:
        num_classes: number of centers.
        update: ``"gradient"`` or ``"running"``.
        rate: alpha of the running rule; without effect on ``"gradient"``.
        initializer: of the centers ``[num_classes, D]``. The authors' released example has Caffe's
            ``xavier`` filler too.

    Input features ``[B, D]``, or ``[features, labels]`` with class ids ``[B]`` or ``[B, 1]`` of
    any number type, which the running rule needs while training and nothing else reads. Output
    float32 ``[B, num_classes]``, also under mixed precision.

    Raises:
        ValueError: ``num_classes`` below one, another ``update``, a ``rate`` outside (0, 1],
            features of another rank, running centers trained without labels.
        InvalidArgumentError: the running rule met a label that is no class (not under XLA, where
            it moves no center).

    >>> layer = SquaredDistanceToCenters(2, update="running", rate=0.5, initializer="zeros")
    >>> x, labels = tf.constant([[1.0, 0.0]]), tf.constant([1])
    >>> layer([x, labels], training=True).numpy().tolist()
    [[1.0, 1.0]]
    >>> layer(x).numpy().tolist()
    [[1.0, 0.5625]]
    """

    def __init__(
        self,
        num_classes: int,
        update: str = "gradient",
        rate: float = 0.5,
        initializer: Any = "glorot_uniform",
        **kwargs,
    ):
        super().__init__(**{**kwargs, "dtype": "float32"})
        if num_classes < 1:
            raise ValueError(f"num_classes must be at least 1, got {num_classes}")
        if update not in UPDATES:
            raise ValueError(f"update must be one of {UPDATES}, got {update!r}")
        if not 0 < rate <= 1:
            raise ValueError(f"rate must be in (0, 1], got {rate}")
        self.num_classes = num_classes
        self.update = update
        self.rate = rate
        self.initializer = tf.keras.initializers.get(initializer)

    def build(self, input_shape):
        self.centers = self.add_weight(
            name="centers",
            shape=(self.num_classes, _of_features(input_shape)[-1]),
            initializer=self.initializer,
            trainable=self.update == "gradient",
            aggregation=first_replica(),
        )
        super().build(input_shape)

    def call(self, inputs, training=None):
        features, *labels = inputs if isinstance(inputs, list | tuple) else [inputs]
        if features.shape.rank != 2:
            raise ValueError(f"features must be [B, D], got shape {tuple(features.shape)}")
        centers = tf.convert_to_tensor(self.centers)
        distances = _squared_distances(features, centers)
        if training and self.trainable and self.update == "running":
            if not labels:
                raise ValueError(
                    "running centers need the labels while training: call the layer with "
                    "[features, labels], or use update='gradient'"
                )
            self.centers.assign(centers - self.rate * center_update(centers, features, labels[0]))
        return distances

    def compute_output_shape(self, input_shape):
        return (_of_features(input_shape)[0], self.num_classes)

    def get_config(self):
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "update": self.update,
            "rate": self.rate,
            "initializer": tf.keras.initializers.serialize(self.initializer),
        }


def center_update(centers: tf.Tensor, features: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """The step ``delta`` of the original rule; the new centers are ``centers - rate * delta``.

    ``delta_j = sum_{i: y_i = j} (c_j - x_i) / (1 + n_j)`` with ``n_j`` the examples of class j in
    the batch: zero for a class that is absent, and not the gradient of the loss. Under
    ``tf.distribute`` sums and counts are added over the replicas first, so that the batch is that
    of all of them.

    Source: Wen et al. 2016, equation 4, and the authors' Caffe layer.

    Args:
        centers: ``[classes, D]``.
        features: ``[B, D]``.
        labels: class ids ``[B]`` or ``[B, 1]``.

    Returns:
        ``[classes, D]``.

    >>> x = tf.constant([[3.0], [6.0]])
    >>> center_update(tf.zeros([2, 1]), x, tf.constant([1, 1])).numpy().tolist()
    [[0.0], [-3.0]]
    """
    num_classes = centers.shape[0]
    labels = class_ids(labels, features, num_classes)
    differences = tf.gather(centers, labels) - features
    sums = tf.math.unsorted_segment_sum(differences, labels, num_classes)
    counts = tf.math.unsorted_segment_sum(tf.ones_like(labels, tf.float32), labels, num_classes)
    replica = tf.distribute.get_replica_context()
    if replica is not None and replica.num_replicas_in_sync > 1:
        sums, counts = replica.all_reduce(tf.distribute.ReduceOp.SUM, [sums, counts])
    return sums / (1 + counts)[:, None]


def _squared_distances(x, centers):
    # Distances do not change when both are shifted, but the cancellation below shrinks.
    middle = tf.stop_gradient(tf.reduce_mean(centers, axis=0))
    x, centers = x - middle, centers - middle
    distances = tf.reduce_sum(tf.square(x), axis=1)[:, None]
    distances += tf.reduce_sum(tf.square(centers), axis=1)[None, :]
    distances -= 2 * tf.matmul(x, centers, transpose_b=True)
    # Rounding can leave a small negative number; max(., 0) would also cut its gradient.
    return distances + tf.stop_gradient(tf.nn.relu(-distances))


def _of_features(input_shape):
    """The shape of the features, whether labels came along or not."""
    first = input_shape[0]
    return input_shape if first is None or isinstance(first, int) else first
