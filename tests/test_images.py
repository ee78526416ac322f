"""Bytes to pixels, compared with Pillow wherever Pillow has the same rule."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from data_pipelines.records import Records
from data_pipelines.steps import bounded_batches
from tfretrieval import images

RNG = np.random.default_rng(0)


def smooth(height, width, channels=3):
    """Random blobs: unlike noise, they survive JPEG compression."""
    small = RNG.integers(0, 256, (height // 7 + 2, width // 7 + 2, channels), dtype=np.uint8)
    planes = [Image.fromarray(small[..., c]).resize((width, height)) for c in range(channels)]
    return np.stack([np.asarray(plane) for plane in planes], -1)


def encoded(picture, kind, **options):
    picture = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def pillow_rgb(contents):
    return np.asarray(Image.open(io.BytesIO(contents)).convert("RGB"))


@pytest.mark.parametrize("mode, options", [("RGB", {"subsampling": 0}), ("L", {}), ("CMYK", {})])
def test_jpeg_equals_pillow(mode, options):
    contents = encoded(Image.fromarray(smooth(33, 21)).convert(mode), "JPEG", **options)
    np.testing.assert_array_equal(images.decode(contents), pillow_rgb(contents))


def test_png_modes_equal_pillow():
    rgb = Image.fromarray(smooth(9, 8))
    for picture in (rgb, rgb.convert("L"), rgb.convert("1"), rgb.quantize(8), rgb.quantize(200)):
        contents = encoded(picture, "PNG")
        np.testing.assert_array_equal(images.decode(contents), pillow_rgb(contents))


def test_sixteen_bit_png_keeps_the_high_byte():
    deep = RNG.integers(0, 2**16, (5, 6)).astype(np.uint16)
    got = images.decode(encoded(deep, "PNG")).numpy()
    np.testing.assert_array_equal(got, np.repeat(deep[..., None] >> 8, 3, -1))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "palette"])
def test_transparent_png_is_composed_on_white(mode):
    if mode == "palette":
        contents = encoded(Image.fromarray(smooth(9, 8)).quantize(8), "PNG", transparency=2)
    else:
        contents = encoded(Image.fromarray(smooth(9, 8, len(mode))), "PNG")
    rgba = np.asarray(Image.open(io.BytesIO(contents)).convert("RGBA")).astype(float)
    alpha = rgba[..., 3:] / 255
    expected = np.round(rgba[..., :3] * alpha + 255 * (1 - alpha))
    np.testing.assert_array_equal(images.decode(contents), expected)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "palette"])
def test_a_picture_that_is_transparent_everywhere_is_read_by_its_colours(mode):
    """Composed on white it would be a white picture, whatever it shows."""
    colors = Image.fromarray(smooth(9, 8)).convert("L" if mode == "LA" else "RGB")
    if mode == "palette":
        colors = colors.quantize(8)
        contents = encoded(colors, "PNG", transparency=bytes(8))
    else:
        clear = colors.copy()
        clear.putalpha(0)
        contents = encoded(clear, "PNG")
    expected = np.asarray(colors.convert("RGB"))
    np.testing.assert_array_equal(images.decode(contents), expected)
    whole = images.load(encoded(colors.convert("RGB"), "PNG"), 4)
    np.testing.assert_array_equal(images.load(contents, 4), whole)


def test_one_pixel_that_shows_leaves_the_rest_transparent():
    pixels = np.full((3, 4, 4), (10, 20, 30, 0), np.uint8)
    pixels[1, 2, 3] = 1
    got = images.decode(encoded(pixels, "PNG")).numpy()
    assert (np.delete(got.reshape(-1, 3), 6, axis=0) == 255).all()


def test_every_colour_and_alpha_is_rounded_to_the_nearest():
    color, alpha = np.meshgrid(np.arange(256), np.arange(256), indexing="ij")
    pixels = np.stack([color, color, color, alpha], -1).astype(np.uint8)
    exact = (color * alpha + 255 * (255 - alpha) + 127) // 255
    np.testing.assert_array_equal(images.decode(encoded(pixels, "PNG"))[..., 0], exact)


def test_exif_orientation_is_ignored():
    exif = Image.Exif()
    exif[0x0112] = 6
    contents = encoded(smooth(12, 20), "JPEG", exif=exif)
    assert tuple(images.decode(contents).shape) == (12, 20, 3)


@pytest.mark.parametrize("kind, options", [("JPEG", {"subsampling": 2}), ("PNG", {})])
def test_a_window_equals_the_cut_out_picture(kind, options):
    contents = encoded(smooth(101, 77), kind, **options)
    whole = images.decode(contents).numpy()
    for top, left, height, width in [
        (0, 0, 101, 77),
        (3, 5, 1, 1),
        (17, 9, 40, 31),
        (50, 33, 51, 44),
    ]:
        part = images.decode_window(contents, [top, left, height, width])
        np.testing.assert_array_equal(part, whole[top : top + height, left : left + width])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP"])
def test_the_known_formats_are_told_alike_in_and_out_of_a_graph(kind):
    contents = encoded(smooth(8, 8), kind)
    for some in (contents, contents[:8], contents[:2], b""):
        assert bool(images.has_known_start(some)) == images.readable_format(some)


def test_shape_reads_only_the_header():
    jpeg, png = encoded(smooth(33, 21), "JPEG"), encoded(smooth(33, 21), "PNG")
    assert images.shape(jpeg).numpy().tolist() == [33, 21]
    assert images.shape(png[:25]).numpy().tolist() == [33, 21]


def test_decompression_bomb_is_refused_before_decoding():
    bomb = bytearray(encoded(smooth(4, 4), "PNG"))
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2
    with pytest.raises(tf.errors.InvalidArgumentError, match="pixels"):
        images.decode(bytes(bomb))


@pytest.mark.parametrize("contents", [b"", b"abc", b"\xff\xd8\xff", b"GIF89a" + b"\0" * 40])
def test_what_is_no_picture_is_refused(contents):
    with pytest.raises(tf.errors.InvalidArgumentError):
        images.decode(contents)
    lazily = tf.data.Dataset.from_tensors(contents).map(images.decode)
    with pytest.raises(tf.errors.InvalidArgumentError):
        next(iter(lazily))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_truncated_picture_is_refused(kind):
    contents = encoded(smooth(40, 40), kind)
    with pytest.raises(tf.errors.InvalidArgumentError):
        images.decode(contents[: len(contents) // 2])


def test_crop_rounds_each_edge_and_leaves_a_pixel():
    picture = np.arange(10 * 20 * 3).reshape(10, 20, 3)
    np.testing.assert_array_equal(images.crop(picture, [0.1, 0.2, 0.5, 0.6]), picture[1:5, 4:12])
    np.testing.assert_array_equal(images.crop(picture, [1.0, 1.0, 1.0, 1.0]), picture[9:, 19:])
    np.testing.assert_array_equal(images.crop(picture, [0.5, 0.5, 0.5, 0.5]), picture[5:6, 10:11])
    np.testing.assert_array_equal(images.crop(picture, [-1.0, 0.0, 2.0, 1.0]), picture)


def test_every_pixel_box_returns_its_own_pixels():
    for size in (7, 299, 500):
        start, stop = np.triu_indices(size + 1, 1)
        boxes = np.stack([start / size, np.zeros(len(start)), stop / size, np.ones(len(start))], 1)
        some = RNG.choice(len(boxes), 20)
        for box, first, last in zip(
            boxes[some].astype(np.float32), start[some], stop[some], strict=True
        ):
            assert images.window(box, size, 5).numpy().tolist() == [first, 0, last - first, 5]


def test_resize_equals_pillow_up_to_its_rounding():
    picture = smooth(75, 50)
    for height, width in [(32, 32), (20, 50), (100, 120)]:
        expected = np.asarray(Image.fromarray(picture).resize((width, height), Image.BILINEAR))
        got = images.resize(picture, (height, width)).numpy()
        assert np.abs(got - expected).max() < 1.01


def test_load_is_decode_crop_resize_in_eager_and_in_tf_data():
    contents, box = encoded(smooth(60, 40), "JPEG"), [0.25, 0.1, 0.75, 0.9]
    expected = images.resize(images.crop(images.decode(contents), box), (16, 16)).numpy()
    np.testing.assert_array_equal(images.load(contents, 16, box), expected)
    lazily = tf.data.Dataset.from_tensors(contents).map(lambda c: images.load(c, 16, box))
    assert tuple(lazily.element_spec.shape) == (16, 16, 3)
    np.testing.assert_array_equal(next(iter(lazily)), expected)


def test_a_jpeg_far_larger_than_wanted_is_decoded_smaller():
    jpeg, png = (encoded(smooth(259, 513), kind) for kind in ("JPEG", "PNG"))
    for size, scale, height_width in [
        (33, 1, [259, 513]),
        (32, 2, [130, 257]),
        (16, 4, [65, 129]),
        (8, 8, [33, 65]),
        (1, 8, [33, 65]),
        ((8, 32), 4, [65, 129]),
    ]:
        got, by, _ = images.decoded_size(jpeg, size)
        assert got.numpy().tolist() == height_width and int(by) == scale
        assert int(images.decoded_size(png, size)[1]) == 1
    corner = [0.0, 0.0, 0.25, 0.25]  # 64 pixels of 259
    assert int(images.decoded_size(jpeg, 8, corner)[1]) == 2


@pytest.mark.parametrize("box", [None, [0.16, 0.32, 0.8, 0.88]])
def test_what_is_decoded_smaller_looks_the_same_whoever_reads_it(box):
    large = Image.fromarray(smooth(75, 100)).resize((800, 600))
    contents, size = encoded(large, "JPEG"), 12
    assert int(images.decoded_size(contents, size, box)[1]) == 8
    got = images.load(contents, size, box).numpy()
    whole = images.decode(contents)
    plain = images.resize(whole if box is None else images.crop(whole, box), (size, size)).numpy()
    assert 0 < np.abs(got - plain).mean() < 1 and np.abs(got - plain).max() < 5
    for way in (
        lambda c: images.load(c, size, box),
        lambda c: tf.map_fn(lambda one: images.load(one, size, box), c[None], tf.float32)[0],
    ):
        lazily = tf.data.Dataset.from_tensors(contents).map(way)
        np.testing.assert_array_equal(next(iter(lazily)), got)


def test_a_window_of_what_is_decoded_smaller_equals_the_cut_out_picture():
    contents = encoded(smooth(203, 155), "JPEG", subsampling=2)
    for scale in (2, 4, 8):
        height, width = -(-203 // scale), -(-155 // scale)
        whole = images.decode_window(contents, [0, 0, height, width], scale).numpy()
        part = images.decode_window(contents, [3, 2, 9, 11], tf.constant(scale))
        np.testing.assert_array_equal(part, whole[3:12, 2:13])


def filled(whole, mask):
    """Pixel by pixel what `fill_background` does to a whole picture."""
    height, width = whole.shape[:2]
    expected = np.empty_like(whole)
    for y, x in np.ndindex(height, width):
        row = (2 * y + 1) * mask.shape[0] // (2 * height)
        column = (2 * x + 1) * mask.shape[1] // (2 * width)
        expected[y, x] = whole[y, x] if mask[row, column] else images.MEAN_COLOR
    return expected


@pytest.mark.parametrize("cells", [(1, 1), (4, 4), (7, 5), (32, 32)])
@pytest.mark.parametrize("size", [(12, 16), (37, 9), (1, 50)])
def test_background_is_filled_by_the_cell_under_each_pixels_centre(cells, size):
    whole, mask = smooth(*size), RNG.integers(0, 2, cells).astype(bool)
    expected = filled(whole, mask)
    np.testing.assert_array_equal(
        images.fill_background(whole, mask, (0, 0, *size), size), expected
    )
    if size == (12, 16):
        part = images.fill_background(whole[3:8, 2:13], mask, (3, 2, 5, 11), size)
        assert part.dtype == tf.uint8
        np.testing.assert_array_equal(part, expected[3:8, 2:13])


def test_background_of_full_and_empty_masks():
    whole, box = smooth(5, 6), (0, 0, 5, 6)
    full, empty = np.ones((3, 3), bool), np.zeros((3, 3), bool)
    np.testing.assert_array_equal(images.fill_background(whole, full, box, (5, 6)), whole)
    nothing = images.fill_background(whole, empty, box, (5, 6)).numpy()
    assert (nothing == images.MEAN_COLOR).all()


def test_background_compiles():
    whole, mask = smooth(12, 16), RNG.integers(0, 2, (4, 4)).astype(bool)
    compiled = tf.function(
        lambda pixels, mask: images.fill_background(pixels, mask, (0, 0, 12, 16), (12, 16)),
        jit_compile=True,
    )
    np.testing.assert_array_equal(compiled(whole, mask), filled(whole, mask))


def test_a_mask_with_channels_is_refused():
    whole = smooth(4, 4)
    with pytest.raises(tf.errors.InvalidArgumentError, match="shape"):
        images.fill_background(whole, np.ones((4, 4, 1), bool), (0, 0, 4, 4), (4, 4))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("box", [None, [0.25, 0.1, 0.75, 0.9]])
def test_load_hides_the_background_before_resizing_in_eager_and_in_tf_data(kind, box):
    contents, mask = encoded(smooth(60, 40), kind), RNG.integers(0, 2, (8, 8)).astype(bool)
    whole = filled(images.decode(contents).numpy(), mask)
    part = whole if box is None else images.crop(whole, box)
    expected = images.resize(part, (16, 16)).numpy()
    np.testing.assert_array_equal(images.load(contents, 16, box, mask), expected)
    lazily = tf.data.Dataset.from_tensors((contents, mask))
    lazily = lazily.map(lambda c, m: images.load(c, 16, box, m))
    assert tuple(lazily.element_spec.shape) == (16, 16, 3)
    np.testing.assert_array_equal(next(iter(lazily)), expected)


def test_load_gives_the_same_pixels_from_a_saved_model(tmp_path):
    module = tf.Module()
    signature = tf.TensorSpec([None], tf.string)
    module.load = tf.function(
        lambda batch: tf.map_fn(
            lambda c: images.load(c, 8), batch, fn_output_signature=tf.TensorSpec([8, 8, 3])
        ),
        input_signature=[signature],
    )
    tf.saved_model.save(module, str(tmp_path))
    contents = [encoded(smooth(20, 30), "JPEG"), encoded(smooth(9, 5, 4), "PNG")]
    loaded = tf.saved_model.load(str(tmp_path))
    expected = np.stack([images.load(c, 8) for c in contents])
    np.testing.assert_array_equal(loaded.load(tf.constant(contents)), expected)


def test_one_pixel_picture_fills_the_input():
    contents = encoded(np.full((1, 1, 3), 77, np.uint8), "PNG")
    np.testing.assert_allclose(images.load(contents, 4), 77.0, rtol=1e-6)


@pytest.mark.parametrize("mask", [None, np.eye(4, dtype=bool)])
def test_a_decoded_picture_gives_what_its_bytes_give(mask):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    box = [0.1, 0.2, 0.9, 0.7]
    expected = images.load(tf.io.encode_png(pixels), 16, box, mask)
    for given in (pixels, pixels.astype(np.float32)):
        np.testing.assert_allclose(images.view(given, 16, box, mask), expected, atol=1e-4)


@pytest.mark.parametrize("height, width", [(40, 60), (90, 50), (10, 20), (48, 48)])
def test_a_bounded_picture_is_that_of_the_batches(height, width):
    file = encoded(smooth(height, width), "PNG")
    records = Records(ids=["x"], labels=[0], class_names=("x",), blobs=(file,))
    batches, _ = bounded_batches(records, [0], long_side=48, batch_size=1)
    [expected] = batches
    np.testing.assert_array_equal(images.load_bounded(file, 48), expected[0])
