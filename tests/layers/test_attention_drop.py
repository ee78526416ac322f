"""What a drop shares with a crop is in test_attention_crop.py."""

import numpy as np
import pytest
import tensorflow as tf

from tfretrieval.layers import AttentionDrop
from tfretrieval.layers._parts import enlarged

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(1, 255, (4, 12, 9, 3)).astype(np.float32)
ATTENTION = RNG.uniform(0, 5, (4, 5, 4, 1)).astype(np.float32)


@pytest.mark.parametrize("mode", ["eager", "graph", "xla"])
@pytest.mark.parametrize("fill", [0.0, (120.0, 110.0, 100.0)], ids=["number", "colour"])
def test_fills_where_the_map_reaches_the_threshold(mode, fill):
    share = ATTENTION / ATTENTION.max(axis=(1, 2), keepdims=True)
    reached = enlarged(tf.constant(share), (12, 9)).numpy() >= 0.6
    layer = AttentionDrop((0.6, 0.6), fill)
    layer.build([IMAGES.shape, ATTENTION.shape])

    def call(images, attention):
        return layer([images, attention], training=True)

    step = call if mode == "eager" else tf.function(call, jit_compile=mode == "xla")
    out = step(tf.constant(IMAGES), tf.constant(ATTENTION))
    np.testing.assert_array_equal(out, np.where(reached, np.float32(fill), IMAGES))
    assert 0.1 < reached.mean() < 0.9


def test_thresholds_differ_from_picture_to_picture():
    images = np.ones((40, 9, 9, 1), np.float32)
    attention = np.repeat(ATTENTION[:1], 40, axis=0)
    out = AttentionDrop((0.2, 0.9))([images, attention], training=True).numpy()
    assert len(np.unique(out.mean(axis=(1, 2, 3)))) > 10


def test_refuses_a_colour_of_another_number_of_channels():
    with pytest.raises(ValueError, match="2 numbers, pictures 3 channels"):
        AttentionDrop(fill=(1.0, 2.0))([IMAGES, ATTENTION])
