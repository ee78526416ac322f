"""What the augmentations led by attention share: one map drawn for every picture."""

import tensorflow as tf

from tfretrieval.compat import first_replica
from tfretrieval.layers._parts import enlarged


class AttentionAugmentation(tf.keras.layers.Layer):
    """Draws a map and a threshold for every picture; a subclass says what is done where the map,
    divided by its maximum and enlarged to the picture, reaches the threshold.

    A map is drawn with a probability in proportion to the square root of its sum. The draws are a
    function of the seed and of the number of training batches seen, which is a weight: saved and
    restored with the others, so that a resumed training draws on.
    """

    # Keeps the draws of a crop apart from those of a drop with the same seed.
    stream = 0

    def __init__(self, threshold: tuple[float, float], seed: int = 0, **kwargs):
        # Pixels in float32, also under mixed precision: float16 has eight steps a grey level.
        super().__init__(**{**kwargs, "dtype": "float32"})
        low, high = threshold
        if not 0 < low <= high <= 1:
            raise ValueError(f"threshold must be 0 < low <= high <= 1, got {threshold}")
        self.threshold = (low, high)
        self.seed = seed

    def build(self, input_shape):
        check_attended(*input_shape)
        self.batches = self.add_weight(
            name="batches",
            shape=(),
            dtype="int32",
            initializer="zeros",
            trainable=False,
            aggregation=first_replica(),
        )
        super().build(input_shape)

    def call(self, inputs, training=None):
        images, attention = (tf.cast(x, tf.float32) for x in inputs)
        if not training:
            return images
        count = tf.convert_to_tensor(self.batches)
        self.batches.assign(count + 1)
        reached = self._reached(images, attention, count)
        return tf.stop_gradient(self.augment(images, reached))

    def augment(self, images: tf.Tensor, reached: tf.Tensor) -> tf.Tensor:
        """From images ``[B, H, W, C]`` and boolean ``[B, H, W]`` where the map is high."""
        raise NotImplementedError

    def compute_output_shape(self, input_shape):
        return tuple(input_shape[0])

    def get_config(self):
        return {**super().get_config(), "threshold": list(self.threshold), "seed": self.seed}

    def _reached(self, images, attention, count):
        seed = tf.stack([2 * self.seed + self.stream, count])
        draws = tf.random.stateless_uniform([2, tf.shape(images)[0]], seed, alg="philox")
        drawn = tf.gather(attention, _draw(attention, draws[0]), axis=3, batch_dims=1)
        largest = tf.reduce_max(drawn, axis=(1, 2), keepdims=True)
        share = tf.math.divide_no_nan(drawn, largest)[..., None]
        low, high = self.threshold
        threshold = (low + (high - low) * draws[1])[:, None, None]
        return enlarged(share, images.shape[1:3])[..., 0] >= threshold


def check_attended(images_shape, attention_shape) -> None:
    """Raises `ValueError` unless both are ``[B, height, width, channels]``, known but for B."""
    for shape in (images_shape, attention_shape):
        if len(shape) != 4 or None in tuple(shape)[1:]:
            raise ValueError(
                "call the layer with [images [B, H, W, C], attention [B, h, w, M]] of known sizes, "
                f"got shapes {tuple(images_shape)} and {tuple(attention_shape)}"
            )


def _draw(attention, draws):
    """A map of every picture, int32 ``[B]``, from draws ``[B]`` in [0, 1)."""
    # The small number, from the authors' code, lets maps that are zero everywhere be drawn evenly.
    weights = tf.sqrt(tf.reduce_sum(attention, axis=(1, 2)) + 1e-12)
    ends = tf.cumsum(weights, axis=1)
    passed = tf.reduce_sum(tf.cast(ends <= draws[:, None] * ends[:, -1:], tf.int32), axis=1)
    return tf.minimum(passed, attention.shape[3] - 1)
