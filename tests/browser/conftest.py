"""A served index of tiny pictures."""

import pytest

from tests.encoders.colours import ColourEncoder, empty_index, folder
from tfretrieval.encoders.indexing import index_folder


@pytest.fixture
def index(tmp_path):
    made = empty_index(tmp_path / "index", folder(tmp_path / "pictures"), ColourEncoder())
    index_folder(made, ColourEncoder())
    return made
