"""The TFDS builder of Caltech256: from what was put into `manual_dir`, or fetched."""

import shutil

import pytest
import tensorflow_datasets as tfds

from data_pipelines import catalogue
from data_pipelines.builders import Caltech256
from tests.data_pipelines import published_sets as sets


@pytest.fixture(autouse=True)
def tiny(monkeypatch, tmp_path):
    sets.shrink(monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def archive(tmp_path):
    [path] = sets.write_archives("caltech256", tmp_path / "data")
    return path


def load(place):
    return catalogue.load("caltech256", str(place), progress=False)


def test_prepared_pictures_are_those_of_the_archive(archive, tmp_path):
    given = tfds.download.DownloadConfig(manual_dir=str(archive.parent))
    builder = Caltech256(data_dir=str(tmp_path / "prepared"))
    builder.download_and_prepare(download_config=given)
    sizes = [builder.info.splits[part].num_examples for part in ("train", "test")]
    assert (*sizes, builder.info.features["label"].num_classes) == sets.TINY["caltech256"]
    assert load(tmp_path / "prepared").checksum() == load(archive).checksum()


def test_what_was_not_given_is_fetched(archive, tmp_path, monkeypatch):
    def get_file(name, url, file_hash, cache_dir, **options):
        assert url.startswith("https://data.caltech.edu/") and len(file_hash) == 32
        return shutil.copy(archive, f"{cache_dir}/{name}")

    monkeypatch.setattr("tensorflow.keras.utils.get_file", get_file)
    Caltech256(data_dir=str(tmp_path / "prepared")).download_and_prepare()
    assert load(tmp_path / "prepared").checksum() == load(archive).checksum()


def test_tfds_knows_the_name(tmp_path):
    assert isinstance(tfds.builder("caltech256", data_dir=str(tmp_path)), Caltech256)
