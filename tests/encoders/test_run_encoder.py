"""The model of a run encodes bit for bit as its SavedModel does."""

import numpy as np
import pytest
import tensorflow as tf

from tests.data_pipelines.pictures import encode, picture
from tests.export.encoders import network
from tfretrieval.encoders import RunEncoder
from tfretrieval.export import export_encoder
from tfretrieval.models import hash_encoder
from tfretrieval.saliency import Localizer

FILES = [encode(picture(name, 40, 60), "PNG") for name in "ab"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    backbone = network()
    folder = tmp_path_factory.mktemp("run")
    export_encoder(hash_encoder(backbone, 12), folder / "savedmodel", 32, Localizer(backbone))
    return folder


def test_codes_and_regions_are_those_of_the_signature(run):
    encoder = RunEncoder(run)
    model = tf.saved_model.load(str(run / "savedmodel"))
    expected = model.signatures["encode_bytes"](contents=tf.constant(FILES))
    found = encoder.encode(FILES)
    np.testing.assert_array_equal(found.packed, expected["packed"])
    np.testing.assert_array_equal(found.features, expected["codes"])
    np.testing.assert_array_equal(found.boxes, expected["boxes"])
    assert encoder.bits == encoder.dimensions == 12
    assert encoder.described()["path"] == str(run / "savedmodel")


def test_the_folder_of_the_model_itself_is_the_same_model(run):
    assert RunEncoder(run / "savedmodel").fingerprint == RunEncoder(run).fingerprint


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(ValueError, match="has no SavedModel"):
        RunEncoder(tmp_path)


def test_a_model_of_another_kind_is_refused(tmp_path):
    tf.saved_model.save(tf.Module(), str(tmp_path))
    with pytest.raises(ValueError, match="no signature encode_bytes"):
        RunEncoder(tmp_path)
