"""What the tests of all packages use."""

import pytest
import tensorflow as tf


@pytest.fixture
def eager_training(monkeypatch):
    """Tiny models are trained sooner without a graph, the more so where a run is killed again and
    again. With a graph train the contracts of layers, losses and ``sfm_lrml``, trainings on two
    replicas and by several workers, the heads of the comparison, the first notebook and, of every
    model, one test."""
    train_eagerly(monkeypatch)


def rewrite_graphs(wanted):
    """Whether TensorFlow rewrites graphs before they run, which few steps are not worth."""
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": not wanted})


def train_eagerly(monkeypatch):
    """The same for a fixture of a wider scope."""
    compiled = tf.keras.Model.compile

    def compile_eagerly(self, *arguments, **options):
        compiled(self, *arguments, **{**options, "run_eagerly": True})

    monkeypatch.setattr(tf.keras.Model, "compile", compile_eagerly)
