"""Descriptors of pictures of any size."""

import numpy as np
import pytest
import tensorflow as tf

from data_pipelines.records import DataError
from recipes.instance.descriptors import describe, pictures_at_a_time
from recipes.instance.settings import InstanceSettings


def test_descriptors_come_in_the_order_of_the_pictures(before):
    config, records = before.run.config, before.run.data.val.records
    every = describe(config, before.encoder, records, 24)
    assert every.shape == (15, 6)
    chosen = describe(config, before.encoder, records, 24, indices=np.array([7, 2]))
    np.testing.assert_allclose(chosen, every[[7, 2]], atol=1e-6)
    image = tf.cast(tf.io.decode_png(records.blobs[2])[None], tf.float32)
    np.testing.assert_allclose(before.encoder(image)[0], every[2], atol=1e-5)


def test_a_box_is_cut_out(before):
    records = before.run.data.benchmarks[0].queries
    whole = describe(before.run.config, before.encoder, records, 24)
    cut = describe(before.run.config, before.encoder, records, 24, records.boxes)
    assert np.abs(whole - cut).max() > 1e-4


@pytest.mark.parametrize("backbone, least", [("vgg16", 64), ("inception_v3", 150)])
def test_a_picture_too_small_to_be_halved_is_refused(before, backbone, least):
    config = InstanceSettings(backbone=backbone)
    with pytest.raises(DataError, match=f"{least}"):
        describe(config, before.encoder, before.run.data.val.records, 24)


def test_large_pictures_are_described_one_by_one():
    assert [pictures_at_a_time(side) for side in (24, 1024, 4000)] == [64, 8, 1]
