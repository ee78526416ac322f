"""CIFAR-10's rows: a label, then three planes."""

import io

import numpy as np
import pytest
from PIL import Image

from data_pipelines.records import DataError
from data_pipelines.sources.cifar10 import read_cifar10
from tests.data_pipelines import published_sets as sets


@pytest.fixture
def root(tmp_path):
    return sets.write_unpacked("cifar10", tmp_path) / "cifar-10-batches-bin"


def test_pixels_labels_and_ids(root):
    found = read_cifar10(root)
    assert found.records.class_names == tuple("abcdefghij")
    assert found.records.ids[[0, 19, 20]].tolist() == ["train_00000", "train_00019", "test_00000"]
    assert found.records.labels.tolist() == [*range(10)] * 3
    assert len(found.where("train")) == 20 and len(found.where("test")) == 10
    second = np.frombuffer((root / "data_batch_1.bin").read_bytes(), np.uint8)[3074 : 2 * 3073]
    pixels = np.asarray(Image.open(io.BytesIO(found.records.read(1))))
    np.testing.assert_array_equal(pixels, second.reshape(3, 32, 32).transpose(1, 2, 0))


@pytest.mark.parametrize(
    "name, contents, message",
    [
        ("data_batch_4.bin", None, "cannot be read: .*data_batch_4.bin"),
        ("data_batch_4.bin", b"", "rows of 3073 bytes"),
        ("data_batch_4.bin", b"\0" * 3074, "rows of 3073 bytes"),
        ("batches.meta.txt", b"a\nb\n", "a label without a name"),
    ],
)
def test_damaged_files_are_one_line(root, name, contents, message):
    (root / name).unlink()
    if contents is not None:
        (root / name).write_bytes(contents)
    with pytest.raises(DataError, match=message):
        read_cifar10(root)
