"""Centers that start as random directions."""

import tensorflow as tf


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class UnitRows(tf.keras.initializers.Initializer):
    """Gaussian rows scaled to length one: how the centers of Lu et al. 2021 start.

    Args:
        seed: of the draw; without one it follows ``tf.keras.utils.set_random_seed``.

    >>> rows = UnitRows(seed=0)((3, 8))
    >>> tf.norm(rows, axis=1).numpy().round(4).tolist()
    [1.0, 1.0, 1.0]
    """

    def __init__(self, seed: int | None = None):
        self.seed = seed

    def __call__(self, shape, dtype=None, **kwargs):
        draw = tf.keras.initializers.RandomNormal(stddev=1.0, seed=self.seed)
        return tf.math.l2_normalize(draw(shape, dtype=dtype), axis=-1)

    def get_config(self):
        return {"seed": self.seed}
