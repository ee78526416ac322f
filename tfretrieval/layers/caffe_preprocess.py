"""Pictures as networks trained with Caffe want them."""

import tensorflow as tf

# Mean of ImageNet's pixels in blue, green, red: what Caffe's networks subtract.
CAFFE_MEAN = (103.939, 116.779, 123.68)


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class CaffePreprocess(tf.keras.layers.Layer):
    """Pictures ``[B, H, W, 3]`` in [0, 255], RGB, to BGR without ImageNet's mean.

    The output has the shape and the type of the input.

    >>> CaffePreprocess()(tf.constant([[[[255.0, 117.0, 0.0]]]])).numpy().ravel().round(2)
    array([-103.94,    0.22,  131.32], dtype=float32)
    """

    def call(self, images):
        return images[..., ::-1] - tf.constant(CAFFE_MEAN, images.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape
