"""The TFDS builders of Sketchy and TU-Berlin give what the catalogue gives."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from data_pipelines import builders, catalogue
from tests.data_pipelines.pictures import write_tree
from tests.data_pipelines.sketch_sets import BUILDERS, COUNTS, FILES, NAMES, shrink


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    shrink(monkeypatch)


@NAMES
def test_the_tfds_builder_has_the_same_pictures(name, tmp_path):
    write_tree(tmp_path / "data", FILES[name]())
    dataset = catalogue.load(name, str(tmp_path / "data"), progress=False)
    builder = tfds.builder(name, data_dir=str(tmp_path / "tfds"))
    assert isinstance(builder, getattr(builders, BUILDERS[name]))
    config = tfds.download.DownloadConfig(manual_dir=str(tmp_path / "data"))
    builder.download_and_prepare(download_config=config)
    rows = tfds.as_numpy(builder.as_dataset(split="sketch_test"))
    found = {row["image/filename"].decode(): int(row["label"]) for row in rows}
    records = dataset.records
    expected = zip(records.ids[dataset.query], records.labels[dataset.query], strict=True)
    assert found == {str(name): int(label) for name, label in expected}
    domains = [int(row["domain"]) for row in tfds.as_numpy(builder.as_dataset(split="photo"))]
    np.testing.assert_array_equal(domains, np.ones(COUNTS[name][0]))
