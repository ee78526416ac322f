"""An index follows its folder: what is new, changed, gone, unreadable; a kill loses a batch."""

import os

import numpy as np
import pytest

from tests.data_pipelines.pictures import encode, picture
from tests.encoders.colours import ColourEncoder, empty_index, folder
from tests.encoders.test_imagenet_encoder import small
from tfretrieval.encoders import ImageNetEncoder, open_encoder
from tfretrieval.encoders.indexing import index_folder, pictures_below
from tfretrieval.search import PictureIndex


@pytest.fixture
def pictures(tmp_path):
    return folder(tmp_path / "pictures")


@pytest.fixture
def index(tmp_path, pictures):
    return empty_index(tmp_path / "index", pictures, ColourEncoder())


def names(index):
    return [picture.name for picture in PictureIndex(index.folder).pictures]


def test_pictures_of_all_sub_folders_are_found_but_no_hidden_or_other_files(pictures):
    for name in (".hidden/1.jpg", "__MACOSX/1.jpg", "notes.txt", "deep/er/x.WEBP"):
        (pictures / name).parent.mkdir(parents=True, exist_ok=True)
        (pictures / name).write_bytes(b"x")
    assert pictures_below(pictures) == [
        "deep/er/x.WEBP", "finch/1.jpg", "finch/2.png", "top.jpg", "wren/1.jpg", "wren/2.jpg",
    ]  # fmt: skip


def test_codes_are_those_of_each_file_by_itself(index, pictures):
    done = index_folder(index, ColourEncoder(), batch_size=2)
    assert (done.added, done.kept, done.unreadable) == (5, 0, {})
    again = PictureIndex(index.folder)
    for code, one in zip(again.codes, again.pictures, strict=True):
        content = (pictures / one.name).read_bytes()
        np.testing.assert_array_equal(code, ColourEncoder().encode([content]).packed[0])


def test_only_what_is_new_or_has_changed_is_encoded_again(index, pictures):
    index_folder(index, ColourEncoder())
    (pictures / "new.jpg").write_bytes(encode(picture("new")))
    (pictures / "wren/1.jpg").write_bytes(encode(picture("other")))
    # Another time alone is no change.
    os.utime(pictures / "wren/2.jpg", (1, 1))
    (pictures / "finch/1.jpg").unlink()
    encoder = ColourEncoder()
    done = index_folder(PictureIndex(index.folder), encoder)
    assert sum(encoder.calls) == 2
    assert (done.added, done.replaced, done.kept, done.missing) == (1, 1, 3, 1)
    assert "1 had changed" in str(done) and "--drop-missing" in str(done)
    assert names(index) == ["finch/1.jpg", "finch/2.png", "top.jpg", "wren/2.jpg", "new.jpg",
                            "wren/1.jpg"]  # fmt: skip
    done = index_folder(PictureIndex(index.folder), encoder, drop=True)
    assert (done.dropped, done.missing) == (1, 0) and "finch/1.jpg" not in names(index)


def test_every_picture_that_cannot_be_read_is_named(index, pictures):
    (pictures / "cut.jpg").write_bytes(encode(picture("c", 200, 200))[:400])
    (pictures / "text.png").write_text("hello")
    done = index_folder(index, ColourEncoder())
    assert done.unreadable == {
        "cut.jpg": "truncated or damaged",
        "text.png": "no known picture format, or damaged",
    }
    assert done.added == 5 and "2 could not be read" in str(done)


@pytest.mark.parametrize("imagenet", [False, True])
def test_killed_after_a_batch_it_goes_on_to_the_same_index(
    tmp_path, pictures, monkeypatch, imagenet
):
    small(monkeypatch)

    def new_encoder():
        return ImageNetEncoder("resnet18", 32, bits=3) if imagenet else ColourEncoder()

    whole = empty_index(tmp_path / "whole", pictures, new_encoder())
    index_folder(whole, new_encoder(), batch_size=2)
    for killed_at in (1, 2):
        index = empty_index(tmp_path / f"killed-{killed_at}", pictures, new_encoder())
        encoder, calls = new_encoder(), []
        encode = encoder._encode

        def counted(contents, sketches, encode=encode, calls=calls, killed_at=killed_at):
            if len(calls) == killed_at:
                raise KeyboardInterrupt
            calls.append(len(contents))
            return encode(contents, sketches)

        encoder._encode = counted
        with pytest.raises(KeyboardInterrupt):
            index_folder(index, encoder, batch_size=2)
        again = PictureIndex(index.folder)
        assert len(again) == 2 * killed_at
        done = index_folder(again, open_encoder(again) if imagenet else new_encoder(), 2)
        assert done.added == 5 - 2 * killed_at
        assert names(index) == names(whole)
        np.testing.assert_array_equal(again.codes, PictureIndex(whole.folder).codes)


def test_codes_that_were_fitted_stay_when_pictures_come(tmp_path, pictures, monkeypatch):
    small(monkeypatch)
    encoder = ImageNetEncoder("resnet18", 32, bits=3)
    index = empty_index(tmp_path / "index", pictures, encoder)
    index_folder(index, encoder)
    before = np.array(index.codes)
    (pictures / "zzz.jpg").write_bytes(encode(picture("new")))
    again = PictureIndex(tmp_path / "index")
    index_folder(again, open_encoder(again))
    np.testing.assert_array_equal(again.codes[:5], before)
    assert len(again.codes) == 6


def test_a_folder_without_pictures_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    index = empty_index(tmp_path / "index", tmp_path / "empty", ColourEncoder())
    with pytest.raises(ValueError, match="no pictures below"):
        index_folder(index, ColourEncoder())
