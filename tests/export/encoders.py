"""Tiny encoders, and pictures for them."""

import numpy as np
import tensorflow as tf

from tfretrieval.backbones import resnet18
from tfretrieval.models import hash_encoder

# Patches of 8 x 8 pixels, in numbers as a resize leaves them.
PICTURES = np.kron(
    np.random.default_rng(0).uniform(0, 255, (48, 4, 4, 3)), np.ones((1, 8, 8, 1))
).astype(np.float32)


def network(channels=6, side=32):
    """Exported in a second; with a normalisation, whose weights are variables too."""
    layers = tf.keras.layers
    image = tf.keras.Input((side, side, 3))
    x = layers.Rescaling(1 / 127.5, offset=-1)(image)
    x = layers.Conv2D(channels, 3, strides=4, activation="relu")(x)
    return tf.keras.Model(image, layers.BatchNormalization()(x))


def small(bits=12, side=32):
    tf.keras.utils.set_random_seed(0)
    return hash_encoder(network(side=side), bits)


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
    return tf.keras.Model(inputs, layers.Dense(bits, "tanh")(x / 255))


def of_domains(bits=12, side=32):
    """Reads a picture and whether it is a sketch."""
    tf.keras.utils.set_random_seed(0)
    layers = tf.keras.layers
    image = tf.keras.Input((side, side, 3), name="image")
    domain = tf.keras.Input((), dtype="int32", name="domain")
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, strides=4)(image)) / 255
    x = layers.Add()([x, layers.Embedding(2, 4)(domain)])
    return tf.keras.Model({"image": image, "domain": domain}, layers.Dense(bits, "tanh")(x))


class Gamma(tf.keras.layers.Layer):
    """Something that no converter knows."""

    def call(self, inputs):
        return tf.math.igamma(tf.abs(inputs) + 1, 1.0)


def unknown(side=8):
    image = tf.keras.Input((side, side, 3))
    return tf.keras.Model(image, Gamma()(tf.keras.layers.Flatten()(image)))


def any_size():
    image = tf.keras.Input((None, None, 3))
    return tf.keras.Model(image, tf.keras.layers.GlobalAveragePooling2D()(image))


def maps():
    image = tf.keras.Input((8, 8, 3))
    return tf.keras.Model(image, tf.keras.layers.Conv2D(2, 3)(image))


def codes(encoder, given):
    """Relaxed codes by Keras."""
    return np.asarray(encoder(given if isinstance(encoder.input, dict) else given["images"]))


def equal_bits(packed_a, packed_b, bits):
    """Share of equal bits."""
    a, b = (np.unpackbits(each, axis=1, count=bits) for each in (packed_a, packed_b))
    return (a == b).mean()


def read_by(encoder):
    """Pictures as an encoder reads them."""
    if not isinstance(encoder.input, dict):
        return {"images": PICTURES}
    if "domain" in encoder.input:
        return {"image": PICTURES, "domain": np.arange(len(PICTURES), dtype=np.int32) % 2}
    return {"whole": PICTURES, "crop": PICTURES[::-1]}


def part(given, start, stop):
    return {name: array[start:stop] for name, array in given.items()}


def maps_of_what_is_bright(side):
    image = tf.keras.Input((side, side, 3))
    network = tf.keras.Model(image, tf.keras.layers.Conv2D(1, 3, strides=4, name="map")(image))
    network.set_weights([np.ones((3, 3, 3, 1), np.float32), np.zeros(1, np.float32)])
    return network


def of_mixed_precision():
    tf.keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        return small()
    finally:
        tf.keras.mixed_precision.set_global_policy("float32")
