"""Batches of pictures with their own aspect, within a bound."""

import dataclasses

import numpy as np
import pytest

from data_pipelines import steps
from data_pipelines.records import DataError
from tests.data_pipelines.pictures import encode, make_records, picture
from tfretrieval import images


def of_sizes(shapes):
    blobs = [encode(picture(str(i), *shape), "PNG") for i, shape in enumerate(shapes)]
    return dataclasses.replace(make_records([0] * len(shapes)), blobs=blobs)


def test_bounded_batches_keep_the_aspect_and_never_enlarge():
    shapes = [(40, 20), (10, 30), (20, 40), (12, 12), (40, 20), (20, 40), (60, 30)]
    records = of_sizes(shapes)
    boxes = np.tile(np.float32([0, 0, 1, 1]), (len(shapes), 1))
    boxes[0] = [0, 0, 0.5, 1]
    indices = [6, 5, 4, 2, 3, 0, 1]
    for long_side, expected in (
        (100, None),
        (20, {(20, 10), (7, 20), (10, 20), (12, 12), (20, 20)}),
    ):
        dataset, places = steps.bounded_batches(
            records, indices, long_side=long_side, batch_size=2, boxes=boxes
        )
        batches = [batch.numpy() for batch in dataset]
        assert sorted(places.tolist()) == list(range(7)) and max(map(len, batches)) == 2
        if expected:
            assert {batch.shape[1:3] for batch in batches} == expected
        rows = iter(places)
        for batch in batches:
            for shown in batch:
                index = indices[next(rows)]
                whole = images.decode(records.read(index))
                part = images.crop(whole, boxes[index])
                height, width = part.shape[:2]
                scale = min(1, long_side / max(height, width))
                size = (round(height * scale), round(width * scale))
                np.testing.assert_allclose(shown, images.resize(part, size), atol=1e-3)


def test_bounded_batches_name_a_picture_that_is_too_small():
    records = of_sizes([(40, 40), (200, 20)])
    with pytest.raises(DataError, match="is 100 x 10 pixels .* needs 16"):
        steps.bounded_batches(records, [0, 1], long_side=100, batch_size=1, least=16)


def test_a_far_larger_jpeg_is_decoded_smaller_and_looks_the_same():
    large = picture("large", 480, 640)
    records = dataclasses.replace(
        make_records([0, 0]), blobs=[encode(large, k) for k in ("JPEG", "PNG")]
    )
    dataset, places = steps.bounded_batches(records, [0, 1], long_side=20, batch_size=2)
    (batch,) = dataset
    assert int(images.decoded_size(records.read(0), 20)[1]) == 4
    jpeg, png = batch.numpy()[np.argsort(places)]
    assert jpeg.shape == (15, 20, 3) and 0 < np.abs(jpeg - png).mean() < 1
