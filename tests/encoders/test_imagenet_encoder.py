"""A network as it is, and codes that are fitted on what it says of the pictures."""

import numpy as np
import pytest

from tests.data_pipelines.pictures import encode, picture
from tests.export.encoders import network
from tfretrieval import backbones
from tfretrieval.codes import pack
from tfretrieval.encoders import ImageNetEncoder
from tfretrieval.fitting import IterativeQuantization

FILES = [encode(picture(str(i), 48, 40), "PNG") for i in range(20)]


def small(monkeypatch):
    """A tiny network of the same random numbers for ResNet18, whatever weights are asked for."""
    weights = network(32).get_weights()

    def built(input_shape, width, weights_of=weights, **options):
        made = network(32, input_shape[0])
        made.set_weights(weights_of)
        return made

    monkeypatch.setattr(backbones, "resnet18", built)


@pytest.fixture
def encoder(monkeypatch):
    small(monkeypatch)
    return ImageNetEncoder("resnet18", 32, bits=8)


def test_codes_are_those_of_pca_itq_on_the_features_of_the_folder(encoder):
    found = encoder.encode(FILES)
    assert found.packed is None and found.boxes is None and found.features.shape == (20, 32)
    kept = found.features.astype(np.float16)
    encoder.fit(kept)
    fitted = IterativeQuantization(8).fit(kept)
    np.testing.assert_array_equal(encoder.codes(kept), pack(fitted.transform(kept)))
    # A query has the codes that its picture has in an index, which keeps float16.
    np.testing.assert_array_equal(encoder.encode(FILES).packed, encoder.codes(kept))


def test_crops_are_another_encoder_that_says_where_it_looked(encoder):
    cropping = ImageNetEncoder("resnet18", 32, bits=8, crop=True)
    found = cropping.encode(FILES[:3])
    assert found.boxes.shape == (3, 4)
    assert np.abs(found.features - encoder.encode(FILES[:3]).features).max() > 1e-3
    assert cropping.fingerprint != encoder.fingerprint
    assert ImageNetEncoder("resnet18", 32, bits=8).fingerprint == encoder.fingerprint
    assert ImageNetEncoder("resnet18", 32, bits=12).fingerprint != encoder.fingerprint
