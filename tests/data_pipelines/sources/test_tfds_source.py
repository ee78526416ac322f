"""TFDS as a source, with a tiny builder prepared on the spot."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from data_pipelines.records import DataError
from data_pipelines.sources import read_tfds
from tests.data_pipelines.pictures import encode, picture

PICTURES = {f"{name}.jpg": encode(picture(name)) for name in "dbac"}


class TinyBirds(tfds.core.GeneratorBasedBuilder):
    """Two species, two pictures each."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = {
            "image": tfds.features.Image(),
            "image/filename": tfds.features.Text(),
            "label": tfds.features.ClassLabel(names=["wren", "finch"]),
            "bbox": tfds.features.BBoxFeature(),
            "domain": np.int32,
        }
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples("db"), "test": self._generate_examples("ac")}

    def _generate_examples(self, names):
        import io

        for i, name in enumerate(names):
            yield (
                name,
                {
                    "image": io.BytesIO(PICTURES[f"{name}.jpg"]),
                    "image/filename": f"{name}.jpg",
                    "label": i,
                    "bbox": tfds.features.BBox(0.25, 0.25 * i, 0.75, 0.25),
                    "domain": i,
                },
            )


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("tfds"))
    TinyBirds(data_dir=folder).download_and_prepare()
    return folder


def test_records_hold_the_encoded_pictures_by_split_and_id(data_dir):
    listing = read_tfds(TinyBirds(data_dir=data_dir), ("train", "test"))
    records = listing.records
    assert records.ids.tolist() == ["b.jpg", "d.jpg", "a.jpg", "c.jpg"]
    assert listing.split.tolist() == ["train", "train", "test", "test"]
    assert records.blobs == tuple(PICTURES[name] for name in records.ids)
    assert records.labels.tolist() == [1, 0, 0, 1] and records.domains.tolist() == [1, 0, 0, 1]
    assert records.class_names == ("wren", "finch")


def test_empty_boxes_become_the_whole_picture_and_are_counted(data_dir):
    listing = read_tfds(TinyBirds(data_dir=data_dir), ("train", "test"))
    assert listing.records.boxes.tolist() == [
        [0.0, 0.0, 1.0, 1.0],
        [0.25, 0.0, 0.75, 0.25],
        [0.25, 0.0, 0.75, 0.25],
        [0.0, 0.0, 1.0, 1.0],
    ]
    assert listing.notes == ("2 boxes had swapped, empty or overhanging sides and were put right",)


def test_what_is_not_prepared_is_said_at_once_and_not_fetched(tmp_path):
    with pytest.raises(DataError, match="tiny_birds is not prepared in .*--download"):
        read_tfds(TinyBirds(data_dir=str(tmp_path)), ("train",))
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_prepared_is_prepared_when_allowed(tmp_path):
    listing = read_tfds(TinyBirds(data_dir=str(tmp_path)), ("train",), download=True)
    assert len(listing.records) == 2


def test_a_failure_to_prepare_is_one_line(tmp_path, monkeypatch):
    def offline(self, **options):
        raise ConnectionError("no network\nand more")

    monkeypatch.setattr(TinyBirds, "download_and_prepare", offline)
    with pytest.raises(DataError, match="^tiny_birds could not be prepared: no network$"):
        read_tfds(TinyBirds(data_dir=str(tmp_path)), ("train",), download=True)


def test_a_missing_split_is_named(data_dir):
    with pytest.raises(DataError, match="no split 'validation'"):
        read_tfds(TinyBirds(data_dir=data_dir), ("train", "validation"))
