"""What the tests of all recipes use."""

import pytest
import tensorflow as tf

import tfretrieval
from tests.recipes.pictures import write_folder


@pytest.fixture
def small_network(monkeypatch):
    """One convolution in place of the ResNets, whose tracing would take the most of the time."""
    make_networks_small(monkeypatch)


def make_networks_small(monkeypatch):
    """The same for a fixture of a wider scope."""

    def build(input_shape, width, **options):
        x = inputs = tf.keras.Input(input_shape, name="image")
        x = tf.keras.layers.Rescaling(1 / 255)(x)
        x = tf.keras.layers.Conv2D(width, 3, strides=4, name="conv")(x)
        x = tf.keras.layers.BatchNormalization(name="map")(x)
        return tf.keras.Model(inputs, x, name="small")

    for name in ("resnet18", "resnet18_i"):
        monkeypatch.setattr(tfretrieval.backbones, name, build)


@pytest.fixture(scope="session")
def comparison_pictures(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("pictures"))
