"""Square roots of class probabilities."""

import tensorflow as tf


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class RootProbabilities(tf.keras.layers.Layer):
    """The square root of the softmax: ``sqrt(softmax(z / T))``, from logits ``z [..., K]``.

    A row has length one, and the product of two rows is the Bhattacharyya coefficient of the two
    distributions, ``sum_k sqrt(p_k q_k)``: 1 where they are equal, 0 where they share no class. A
    hash layer on these reads what a classifier knows of a picture; one on pooled features reads
    what it saw. Pan et al. 2021, section 3, freeze the network and add a hash layer without saying
    behind what (both are readings of ours).

    Logits of several views of a picture that are added beforehand give the root of the normalised
    product of their probabilities.

    Args:
        temperature: ``T``; above 1 the classes that are not the likeliest weigh more.

    Input ``[..., K]``, output float32 ``[..., K]``, computed in float32 also under mixed
    precision: in float16 the small classes are 0.

    Raises:
        ValueError: a temperature that is not positive.

    >>> roots = RootProbabilities()(tf.math.log([[0.25, 0.75]]))
    >>> tf.square(roots).numpy().round(3).tolist()
    [[0.25, 0.75]]
    """

    def __init__(self, temperature: float = 1.0, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        if not temperature > 0:
            raise ValueError(f"temperature must be positive, got {temperature}")
        self.temperature = float(temperature)

    def call(self, inputs):
        # Half of the logarithm: a root of 0 would have no gradient.
        return tf.exp(tf.nn.log_softmax(tf.cast(inputs, tf.float32) / self.temperature) / 2)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "temperature": self.temperature}
