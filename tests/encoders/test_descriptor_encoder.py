"""Descriptors of a run on instances, and codes that are fitted to them."""

import numpy as np
import pytest

from tests.data_pipelines.pictures import encode, picture, write_tree
from tests.encoders.colours import empty_index
from tests.export.encoders import small
from tfretrieval.backbones import resnet18
from tfretrieval.encoders import DescriptorEncoder, RunEncoder, encoder_of_run, open_encoder
from tfretrieval.encoders.indexing import index_folder
from tfretrieval.export import export_descriptor, export_encoder
from tfretrieval.models import descriptor
from tfretrieval.search import PictureIndex

FILES = [encode(picture(str(i), 40 + i, 60), "PNG") for i in range(3)]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    # A network of this package, of any size: exported nowhere else in the tests.
    network = descriptor(resnet18((None, None, 3), width=4))
    export_descriptor(network, folder / "savedmodel", 48)
    return folder


def test_pictures_of_several_sizes_are_described_and_coded(run, tmp_path):
    encoder = DescriptorEncoder(str(run), bits=3)
    found = encoder.encode(FILES)
    assert found.features.shape == (3, 32) and found.packed is None and encoder.dimensions == 32
    np.testing.assert_allclose(np.linalg.norm(found.features, axis=1), 1, rtol=1e-5)
    write_tree(tmp_path / "pictures", dict.fromkeys([f"{i}.jpg" for i in range(8)]))
    index = empty_index(tmp_path / "index", tmp_path / "pictures", encoder)
    index_folder(index, encoder)
    again = open_encoder(PictureIndex(tmp_path / "index"))
    np.testing.assert_array_equal(again.encode(FILES).packed, encoder.encode(FILES).packed)


def test_the_model_says_what_encodes_with_it(run, tmp_path):
    assert isinstance(encoder_of_run(str(run), 8), DescriptorEncoder)
    export_encoder(small(8), tmp_path / "savedmodel", 32)
    assert isinstance(encoder_of_run(str(tmp_path)), RunEncoder)
    with pytest.raises(ValueError, match="gives no descriptors"):
        DescriptorEncoder(str(tmp_path))
    with pytest.raises(ValueError, match="gives no codes"):
        RunEncoder(run)
