"""Tiny encoders, and pictures for them."""

import numpy as np
import tensorflow as tf

from tfretrieval.backbones import resnet18
from tfretrieval.models import hash_encoder

# Blobs of 8 x 8 pixels: real-valued, as a resize leaves them.
PICTURES = np.kron(
    np.random.default_rng(0).uniform(0, 255, (64, 4, 4, 3)), np.ones((1, 8, 8, 1))
).astype(np.float32)


def small(bits=12, side=32, name=None):
    """Converted in a second; with a normalisation, whose weights are variables too."""
    tf.keras.utils.set_random_seed(0)
    layers = tf.keras.layers
    image = tf.keras.Input((side, side, 3))
    x = layers.Rescaling(1 / 127.5, offset=-1)(image)
    x = layers.Conv2D(6, 3, strides=4, activation="relu")(x)
    return hash_encoder(tf.keras.Model(image, layers.BatchNormalization()(x), name=name), bits)


def resnet(bits=16):
    tf.keras.utils.set_random_seed(0)
    return hash_encoder(resnet18((32, 32, 3), width=4), bits)


def two_views(bits=12, side=32):
    """Reads the whole picture and a crop of it, and does not treat them alike."""
    tf.keras.utils.set_random_seed(0)
    layers = tf.keras.layers
    inputs = {name: tf.keras.Input((side, side, 3), name=name) for name in ("whole", "crop")}
    maps = [layers.Conv2D(4, 3, strides=4)(image) for image in inputs.values()]
    x = layers.GlobalAveragePooling2D()(layers.Subtract()(maps))
    return tf.keras.Model(inputs, layers.Dense(bits)(x))


def codes(encoder, given):
    """Relaxed codes by Keras."""
    return np.asarray(encoder(given if isinstance(encoder.input, dict) else given["images"]))


def equal_bits(packed_a, packed_b, bits):
    """Share of equal bits."""
    a, b = (np.unpackbits(each, axis=1, count=bits) for each in (packed_a, packed_b))
    return (a == b).mean()
