"""Twenty tiny pictures, and batches of them as lists."""

import numpy as np

from tests.data_pipelines.pictures import make_records

RECORDS = make_records(np.arange(20) % 4)
SIZE = {"image_size": 8}
MASKS = np.random.default_rng(0).integers(0, 2, (len(RECORDS), 4, 4)).astype(bool)
HALVES = np.tile(np.float32([0.0, 0.0, 1.0, 0.5]), (len(RECORDS), 1))


def listed(dataset):
    return [tuple(part.numpy() for part in batch) for batch in dataset]


def assert_same(first, second):
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)
