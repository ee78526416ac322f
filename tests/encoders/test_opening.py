"""An index finds its encoder again, and no other."""

import numpy as np
import pytest

from tests.data_pipelines.pictures import encode, picture
from tests.encoders.colours import empty_index, folder
from tests.encoders.test_imagenet_encoder import small
from tests.export.encoders import network
from tfretrieval.encoders import ImageNetEncoder, RunEncoder, open_encoder
from tfretrieval.encoders.indexing import index_folder
from tfretrieval.export import export_encoder
from tfretrieval.models import hash_encoder
from tfretrieval.search import PictureIndex

FILE = encode(picture("a", 40, 40), "PNG")


def test_of_an_imagenet_network_with_its_fitted_codes(tmp_path, monkeypatch):
    small(monkeypatch)
    encoder = ImageNetEncoder("resnet18", 32, bits=4)
    index = empty_index(tmp_path / "index", folder(tmp_path / "pictures"), encoder)
    assert open_encoder(index).quantization is None
    index_folder(index, encoder)
    again = open_encoder(PictureIndex(tmp_path / "index"))
    np.testing.assert_array_equal(again.encode([FILE]).packed, encoder.encode([FILE]).packed)


def test_of_a_run_unless_another_model_lies_there_now(tmp_path):
    def export():
        export_encoder(hash_encoder(network(), 8), tmp_path / "savedmodel", 32)

    export()
    encoder = RunEncoder(tmp_path)
    index = empty_index(tmp_path / "index", folder(tmp_path / "pictures"), encoder)
    assert open_encoder(index).fingerprint == encoder.fingerprint
    (tmp_path / "savedmodel").rename(tmp_path / "old")
    with pytest.raises(ValueError, match="has no SavedModel"):
        open_encoder(index)
    export()
    with pytest.raises(ValueError, match="is not the model that"):
        open_encoder(index)
