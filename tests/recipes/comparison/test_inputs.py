"""What methods of a column read: the same for all but those that read something of their own."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

import tfretrieval as tfr
from data_pipelines.view import WHOLE
from recipes import common
from recipes.comparison.inputs import columns
from recipes.comparison.training import StagedTask
from recipes.triplet.stage1 import Stage1
from tests.recipes.comparison.tiny import CONFIG
from tests.recipes.opening import opened


@pytest.fixture
def found(tmp_path, comparison_pictures, eager_training):
    settings = {"data_dir": str(comparison_pictures), "image_size": 32}
    run = opened(dataclasses.replace(CONFIG, **settings), tmp_path / "run")
    image = tf.keras.Input((32, 32, 3))
    x = tf.keras.layers.Conv2D(3, 2, 2, activation="relu")(image)
    x = tf.keras.layers.Conv2D(5, 4, 4, activation="relu")(x)
    classifier = tfr.models.classifier(tf.keras.Model(image, x), 3)
    seen = common.training.cached_features(run, "resnet18", classifier)
    stage1 = Stage1({"whole": classifier}, seen["features"], seen["logits"], 7.2, {})
    return columns(run, stage1, WHOLE)


def test_heads_read_what_the_column_says(found):
    assert list(found) == ["features", "probabilities"]
    assert found["features"].task_of("dsh").features.shape == (36, 5)
    assert found["probabilities"].task_of("dsh").features.shape == (36, 3)
    # Roots of probabilities are of length one already.
    assert [found[reads].task.standardize for reads in found] == [True, False]
    assert found["features"].milliseconds("dsh") == pytest.approx(200)


def test_what_reads_something_of_its_own_reads_it_in_both_columns(found):
    for method, width in (("fph", 8), ("scda_itq", 10), ("hog", 7 * 7 * 36 + 512)):
        one, other = (found[reads].task_of(method) for reads in found)
        assert one.features.shape == (36, width) and one.standardize and other.standardize
        np.testing.assert_array_equal(one.features, other.features)
        assert 0 < found["features"].milliseconds(method) != pytest.approx(200)


def test_stages_are_told_apart(found):
    task = found["features"].task_of("fph")
    assert isinstance(task, StagedTask) and task.parts == (3, 5)
