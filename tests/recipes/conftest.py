"""What the tests of all recipes use."""

import contextlib

import pytest
import tensorflow as tf

import tfretrieval
from tests.checks import write_less
from tests.conftest import rewrite_graphs, train_eagerly
from tests.recipes.pictures import write_folder


@pytest.fixture
def all_files():
    """Figures are drawn and a SavedModel is written, as in a person's run."""


@pytest.fixture(autouse=True)
def few_files(request, monkeypatch):
    """They take longer than most of what is asked of a tiny run."""
    if "all_files" not in request.fixturenames:
        write_less(monkeypatch)


@pytest.fixture(autouse=True, scope="module")
def plain_graphs():
    """Before what a module shares is trained: the same steps of both kinds end in other bits."""
    with graphs_as_they_are():
        yield


@contextlib.contextmanager
def graphs_as_they_are():
    """Not rewritten before they are run: a graph that runs a few steps is not worth it. Those of
    layers, losses and models are, in their own tests."""
    rewrite_graphs(False)
    try:
        yield
    finally:
        rewrite_graphs(True)


@contextlib.contextmanager
def tiny_runs(drawn=False):
    """For a fixture of a wider scope: small networks, trained eagerly, that write few files."""
    with pytest.MonkeyPatch.context() as patch, graphs_as_they_are():
        make_networks_small(patch)
        train_eagerly(patch)
        if not drawn:
            write_less(patch)
        yield patch


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
