"""Networks of tf.keras.applications, which take pictures in [0, 255] here."""

import os
from collections.abc import Callable, Sequence

import tensorflow as tf

from tfretrieval.backbones.weights_file import Published, find_weights, load_keras_file
from tfretrieval.layers import CaffePreprocess

ADDRESS = "https://storage.googleapis.com/tensorflow/keras-applications"
# network -> where its ImageNet weights lie under ADDRESS, and their MD5, as Keras publishes both
FILES = {
    "inception_v3": (
        "inception_v3/inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "bcbd6486424b2319ff4ef7d526e38f63",
    ),
    "inception_resnet_v2": (
        "inception_resnet_v2/inception_resnet_v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "d19885ff4a710c122648d3b5c3b684e4",
    ),
    "resnet50": (
        "resnet/resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "4d473c1dd8becc155b73f8504c6f6626",
    ),
    "resnet101": (
        "resnet/resnet101_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "88cf7a10940856eca736dc7b7e228a21",
    ),
    "vgg16": (
        "vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "6d6bbae143d832006294945121d1f1fc",
    ),
}


def inception_v3(
    input_shape: Sequence[int | None] = (299, 299, 3),
    weights: str | os.PathLike[str] | None = None,
    download: bool = False,
) -> tf.keras.Model:
    """Inception-v3 (Szegedy et al. 2016) without its classifier, as tf.keras.applications has it.

    Pictures enter in [0, 255]; the first layer, ``preprocess``, maps them to [-1, 1]. The layers
    behind it keep Keras's names; the last map is ``mixed10``.

    Args:
        input_shape: ``(height, width, 3)``, 75 pixels a side or more; ``None`` for sizes that vary.
        weights: ``None`` for random ones, ``"imagenet"``, or the path of an ``.h5`` file: Keras's
            own "notop" file or one that this model's ``save_weights`` wrote. ``"imagenet"`` is
            Keras's file in ``models`` under ``$KERAS_HOME``, which is ``~/.keras`` unless set.
        download: lets Keras fetch the ImageNet file where it is missing or another.

    Returns:
        A functional model: images ``[B, H, W, 3]`` to a map with 2,048 channels, 8 x 8 at 299.

    Raises:
        ValueError: an ``input_shape`` that is too small.
        WeightsError: a file that is missing or does not fit; a ``ValueError`` too.

    >>> inception_v3((75, 75, 3)).output_shape
    (None, 1, 1, 2048)
    """
    build = tf.keras.applications.InceptionV3
    return _backbone("inception_v3", build, _symmetric(), input_shape, weights, download)


def inception_resnet_v2(
    input_shape: Sequence[int | None] = (299, 299, 3),
    weights: str | os.PathLike[str] | None = None,
    download: bool = False,
) -> tf.keras.Model:
    """Inception-ResNet-v2 (Szegedy et al. 2017) without its classifier: 54 million weights.

    The last map, ``conv_7b_ac``, has 1,536 channels and is 8 x 8 at 299 pixels; Pan et al. 2021
    read saliency from it. Arguments, preprocessing and errors are those of :func:`inception_v3`.
    """
    build = tf.keras.applications.InceptionResNetV2
    return _backbone("inception_resnet_v2", build, _symmetric(), input_shape, weights, download)


def resnet50(
    input_shape: Sequence[int | None] = (224, 224, 3),
    weights: str | os.PathLike[str] | None = None,
    download: bool = False,
) -> tf.keras.Model:
    """ResNet50 (He et al. 2016) without its classifier, as tf.keras.applications has it.

    The layer ``preprocess`` turns pictures to BGR and takes ImageNet's mean off, as these weights
    want it. The last map, ``conv5_block3_out``, has 2,048 channels and is 7 x 7 at 224 pixels; 32
    pixels a side at least. Arguments and errors are those of :func:`inception_v3`.

    >>> resnet50((64, 64, 3)).output_shape
    (None, 2, 2, 2048)
    """
    build = tf.keras.applications.ResNet50
    return _backbone("resnet50", build, _caffe(), input_shape, weights, download)


def resnet101(
    input_shape: Sequence[int | None] = (224, 224, 3),
    weights: str | os.PathLike[str] | None = None,
    download: bool = False,
) -> tf.keras.Model:
    """ResNet101, as :func:`resnet50`."""
    build = tf.keras.applications.ResNet101
    return _backbone("resnet101", build, _caffe(), input_shape, weights, download)


def vgg16(
    input_shape: Sequence[int | None] = (224, 224, 3),
    weights: str | os.PathLike[str] | None = None,
    download: bool = False,
) -> tf.keras.Model:
    """VGG16 (Simonyan and Zisserman 2015) without its fully connected layers.

    The last map, ``block5_pool``, has 512 channels and is 7 x 7 at 224 pixels; ``block5_conv3``
    before it is 14 x 14. Otherwise as :func:`resnet50`.

    >>> vgg16((64, 64, 3)).output_shape
    (None, 2, 2, 512)
    """
    build = tf.keras.applications.VGG16
    return _backbone("vgg16", build, _caffe(), input_shape, weights, download)


def _symmetric():
    return tf.keras.layers.Rescaling(1 / 127.5, -1.0, name="preprocess")


def _caffe():
    return CaffePreprocess(name="preprocess")


def _backbone(
    name: str,
    build: Callable[..., tf.keras.Model],
    preprocess: tf.keras.layers.Layer,
    input_shape: Sequence[int | None],
    weights: str | os.PathLike[str] | None,
    download: bool,
) -> tf.keras.Model:
    file, md5 = FILES[name]
    published = Published(file.rpartition("/")[2], f"{ADDRESS}/{file}", md5)
    # Before the network is built, which takes seconds: a missing file is told at once.
    path = None if weights is None else find_weights(name, weights, published, download)
    shape = tuple(input_shape)
    images = tf.keras.layers.Input(shape, name="image")
    network = build(
        include_top=False, weights=None, input_tensor=preprocess(images), input_shape=shape
    )
    # Keras makes the input a list of one, and then warns at every call with a tensor.
    model = tf.keras.Model(images, network.output, name=name)
    if path is not None:
        load_keras_file(model, path)
    return model
