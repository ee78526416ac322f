"""The TFDS builders of Sketchy and TU-Berlin give what the catalogue gives."""

import numpy as np
import pytest
import tensorflow_datasets as tfds

from data_pipelines import sketch_builders
from data_pipelines.published_sketches import load_sketches
from tests.data_pipelines.pictures import write_tree
from tests.data_pipelines.sketch_sets import COUNTS, FILES, NAMES, shrink


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    shrink(monkeypatch)


@NAMES
def test_the_tfds_builder_has_the_same_pictures(name, tmp_path):
    write_tree(tmp_path / "data", FILES[name]())
    dataset = load_sketches(name, str(tmp_path / "data"))
    builder = tfds.builder(name, data_dir=str(tmp_path / "tfds"))
    assert isinstance(builder, sketch_builders._Sketches)
    config = tfds.download.DownloadConfig(manual_dir=str(tmp_path / "data"))
    builder.download_and_prepare(download_config=config)
    rows = tfds.as_numpy(builder.as_dataset(split="sketch_test"))
    found = {row["image/filename"].decode(): int(row["label"]) for row in rows}
    records = dataset.records
    expected = zip(records.ids[dataset.query], records.labels[dataset.query], strict=True)
    assert found == {str(name): int(label) for name, label in expected}
    domains = [int(row["domain"]) for row in tfds.as_numpy(builder.as_dataset(split="photo"))]
    np.testing.assert_array_equal(domains, np.ones(COUNTS[name][0]))
