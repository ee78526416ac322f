import numpy as np
import pytest
import tensorflow as tf

from tests.checks import mixed_precision
from tfretrieval.layers import AttentionCrop, AttentionDrop
from tfretrieval.layers._attended import _draw
from tfretrieval.models import load_model

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(0, 255, (6, 20, 24, 3)).astype(np.float32)
ATTENTION = RNG.uniform(0, 1, (6, 5, 4, 7)).astype(np.float32)


def one_hot_map(row, column, rows=5, columns=6):
    attention = np.zeros((1, rows, columns, 1), np.float32)
    attention[0, row, column] = 3
    return attention


def boxes(attention, threshold, padding, height, width):
    """First and last pixel of each axis, by loops over pixels."""
    y, x = (
        np.interp(np.linspace(0, cells - 1, side), range(cells), range(cells))
        for cells, side in zip(attention.shape[1:3], (height, width), strict=True)
    )
    found = []
    for picture in (attention / attention.max(axis=(1, 2), keepdims=True))[..., 0]:
        columns = np.array([np.interp(y, range(len(column)), column) for column in picture.T])
        whole = np.array([np.interp(x, range(len(row)), row) for row in columns.T])
        box = []
        for axis, side in ((1, height), (0, width)):
            inside = np.flatnonzero((whole >= threshold).any(axis=axis))
            edge = int(padding * side)
            box.append((max(inside[0] - edge, 0), min(inside[-1] + edge, side - 1)))
        found.append(box)
    return np.array(found)


@pytest.mark.parametrize("padding", [0.0, 0.1])
@pytest.mark.parametrize("mode", ["eager", "graph", "xla"])
def test_equals_crop_and_resize_of_the_box(padding, mode):
    attention = ATTENTION[..., :1] ** 4
    layer = AttentionCrop((0.5, 0.5), padding)
    found = boxes(attention, 0.5, padding, 20, 24)
    corners = found.transpose(0, 2, 1).reshape(6, 4) / np.array([19, 23, 19, 23])
    expected = tf.image.crop_and_resize(IMAGES, corners, range(6), (20, 24))

    def call(images, attention):
        return layer([images, attention], training=True)

    layer.build([IMAGES.shape, attention.shape])
    step = call if mode == "eager" else tf.function(call, jit_compile=mode == "xla")
    out = step(tf.constant(IMAGES), tf.constant(attention))
    np.testing.assert_allclose(out, expected, rtol=1e-3, atol=2e-2)
    assert len(np.unique(found, axis=0)) > 2


def test_a_corner_is_looked_at_closer():
    images = np.zeros((1, 50, 60, 3), np.float32)
    images[:, :10, :10] = 200
    out = AttentionCrop(padding=0.0)([images, one_hot_map(0, 0)], training=True).numpy()
    # The map falls from 1 to 0 over 12 pixels each way.
    assert (out[0, :, :, 0] > 100).mean() > 0.9


@pytest.mark.parametrize("layer", [AttentionCrop, AttentionDrop])
class TestBoth:
    def test_pictures_pass_in_inference(self, layer):
        made = layer()
        for training in (False, None):
            np.testing.assert_array_equal(made([IMAGES, ATTENTION], training=training), IMAGES)
        assert [int(w) for w in made.get_weights()] == [0]

    def test_draws_follow_the_seed_and_the_number_of_batches(self, layer):
        first, again, other = layer(seed=1), layer(seed=1), layer(seed=2)
        steps = [
            [made([IMAGES, ATTENTION], training=True).numpy() for _ in range(3)]
            for made in (first, again, other)
        ]
        np.testing.assert_array_equal(steps[0], steps[1])
        assert (steps[0][0] != steps[0][1]).any() and (steps[0][0] != steps[2][0]).any()
        resumed = layer(seed=1)
        resumed.build([IMAGES.shape, ATTENTION.shape])
        resumed.set_weights([np.array(2)])
        out = resumed([IMAGES, ATTENTION], training=True)
        np.testing.assert_array_equal(out, steps[0][2])

    def test_a_map_of_zeros_changes_nothing(self, layer):
        out = layer()([IMAGES, np.zeros_like(ATTENTION)], training=True)
        np.testing.assert_allclose(out, IMAGES, rtol=1e-4, atol=1e-3)

    def test_one_cell_and_no_picture(self, layer):
        out = layer()([IMAGES, ATTENTION[:, :1, :1]], training=True)
        assert np.isfinite(out).all() and out.shape == IMAGES.shape
        assert layer()([IMAGES[:0], ATTENTION[:0]], training=True).shape == (0, 20, 24, 3)

    def test_bytes_and_halves_become_float32(self, layer):
        with mixed_precision():
            made = layer()
        for images in (IMAGES.astype(np.uint8), IMAGES.astype(np.float16)):
            for training in (False, True):
                out = made([images, ATTENTION.astype(np.float16)], training=training)
                assert out.dtype == tf.float32

    def test_trains_in_a_model_and_survives_a_keras_file(self, layer, tmp_path):
        image = tf.keras.Input((20, 24, 3))
        attention = tf.keras.layers.Conv2D(4, 3, 4, activation="relu")(image)
        seen = layer(seed=3)([image, attention])
        out = tf.keras.layers.Dense(1)(tf.keras.layers.GlobalAveragePooling2D()(seen))
        model = tf.keras.Model(image, out)
        model.compile("sgd", "mse", jit_compile=False)
        model.fit(tf.data.Dataset.from_tensors((IMAGES / 255, np.zeros(6))), epochs=2, verbose=0)
        counts = [w for w in model.get_weights() if not w.shape]
        assert [int(count) for count in counts] == [2]
        model.save(tmp_path / "model.keras")
        loaded = load_model(tmp_path / "model.keras")
        for a, b in zip(model.get_weights(), loaded.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)
        before, after = (
            next(x for x in one.layers if isinstance(x, layer)) for one in (model, loaded)
        )
        assert before.get_config() == after.get_config()

    def test_refuses(self, layer):
        for threshold in ((0.0, 0.5), (0.6, 0.5), (0.5, 1.1)):
            with pytest.raises(ValueError, match="0 < low <= high <= 1"):
                layer(threshold)
        with pytest.raises(ValueError, match="of known sizes"):
            layer()([IMAGES, ATTENTION[:, 0]])


def test_crop_and_drop_of_one_seed_draw_apart():
    marked = np.zeros((64, 4, 4, 2), np.float32)
    marked[:, 0, 0, 0] = marked[:, 3, 3, 1] = 1
    images = np.tile(np.arange(16.0, dtype=np.float32).reshape(1, 4, 4, 1), (64, 1, 1, 1))
    cropped = AttentionCrop((0.9, 0.9), 0.0)([images, marked], training=True).numpy()
    dropped = AttentionDrop((0.9, 0.9), -1.0)([images, marked], training=True).numpy()
    of_crop = cropped[:, 0, 0, 0] > 7
    of_drop = dropped[:, 3, 3, 0] == -1
    assert 16 < of_crop.sum() < 48 and 16 < of_drop.sum() < 48
    assert 16 < (of_crop == of_drop).sum() < 48


def test_a_map_is_drawn_by_the_root_of_its_sum():
    attention = np.zeros((1, 2, 2, 3), np.float32)
    attention[..., 0], attention[..., 2] = 1, 9
    draws = tf.constant(np.linspace(0, 1, 4000, endpoint=False), tf.float32)
    drawn = _draw(tf.constant(np.repeat(attention, 4000, axis=0)), draws).numpy()
    np.testing.assert_allclose(np.bincount(drawn, minlength=3) / 4000, [0.25, 0, 0.75], atol=1e-3)


def test_refuses_a_negative_padding():
    with pytest.raises(ValueError, match="padding must not be negative"):
        AttentionCrop(padding=-0.1)
