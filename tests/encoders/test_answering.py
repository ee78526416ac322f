"""An answer as lines and as a picture."""

from pathlib import Path

import numpy as np
import pytest

from tests.encoders.colours import ColourEncoder, empty_index, folder
from tests.encoders.test_imagenet_encoder import small
from tfretrieval.encoders import ImageNetEncoder
from tfretrieval.encoders.answering import answer, gallery
from tfretrieval.encoders.indexing import index_folder


@pytest.fixture
def index(tmp_path):
    made = empty_index(tmp_path / "index", folder(tmp_path / "pictures"), ColourEncoder())
    index_folder(made, ColourEncoder())
    return made


def test_a_picture_of_the_index_finds_itself_first(index):
    contents = (index.root / "wren/2.jpg").read_bytes()
    found = answer(index, ColourEncoder(looks=True), contents, k=3)
    lines = list(found.lines(index))
    assert len(lines) == 3 and lines[0].endswith("wren/2.jpg")
    assert "  0 of 12 bits" in lines[0] and "1.000" in lines[0]
    np.testing.assert_allclose(found.box, [0.1, 0.2, 0.8, 0.9])
    plain = answer(index, ColourEncoder(), contents, k=3, rerank=False)
    assert plain.found.cosines is None and plain.box is None
    assert (np.diff(plain.found.distances) >= 0).all()


def test_a_gallery_tells_right_from_wrong_by_folders_where_it_can(index):
    names = [str(index.root / "wren/1.jpg"), str(index.root / "top.jpg")]
    contents = [Path(name).read_bytes() for name in names]
    answers = [answer(index, ColourEncoder(), content, k=4) for content in contents]
    figure = gallery(index, names, contents, answers)
    rows = np.array(figure.axes).reshape(2, 5)
    colours = [axis.spines["top"].get_edgecolor()[:3] for axis in rows[0, 1:]]
    found = [index.pictures[place].label == "wren" for place in answers[0].found.places]
    assert [colour == colours[0] for colour in colours] == found and not all(found)
    assert len({axis.spines["top"].get_edgecolor() for axis in rows[1, 1:]}) == 1
    assert rows[0, 0].get_xlabel() == "wren" and rows[1, 0].get_xlabel() == "top.jpg"


def test_an_index_whose_codes_are_not_fitted_yet_says_so(tmp_path, monkeypatch):
    small(monkeypatch)
    encoder = ImageNetEncoder("resnet18", 32, bits=3)
    pictures = folder(tmp_path / "pictures")
    index = empty_index(tmp_path / "index", pictures, encoder)
    with pytest.raises(ValueError, match="let index finish first"):
        answer(index, encoder, (pictures / "top.jpg").read_bytes(), 1)
