"""The SavedModel of a descriptor network gives what the network gives of each bounded picture."""

import numpy as np
import pytest
import tensorflow as tf

from tests.data_pipelines.pictures import encode, picture
from tests.export import encoders
from tfretrieval import images
from tfretrieval.export import export_descriptor
from tfretrieval.models import descriptor

FILES = [encode(picture("a", 40, 60)), encode(picture("b", 90, 50), "PNG")]


def test_every_picture_keeps_its_aspect(tmp_path):
    network = descriptor(encoders.network(32, side=None))
    export_descriptor(network, tmp_path / "model", 48)
    model = tf.saved_model.load(str(tmp_path / "model"))
    encode_bytes = model.signatures["encode_bytes"]
    found = encode_bytes(contents=tf.constant(FILES))["descriptors"]
    for one, file in zip(found, FILES, strict=True):
        bounded = images.load_bounded(file, 48)
        assert max(bounded.shape[:2]) == 48
        np.testing.assert_allclose(one, network(bounded[None])[0], atol=1e-5)
    assert encode_bytes(contents=tf.constant([], tf.string))["descriptors"].shape == (0, 32)
    with pytest.raises(tf.errors.InvalidArgumentError, match="not JPEG or PNG"):
        encode_bytes(contents=tf.constant([b"hello"]))
    with pytest.raises(FileExistsError, match="a folder of its own"):
        export_descriptor(network, tmp_path / "model", 48)
