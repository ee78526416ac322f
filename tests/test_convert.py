"""Formats that TensorFlow does not read become PNG of the same pixels, or it is said why not."""

import io

import numpy as np
import pytest
from PIL import Image

from tests.data_pipelines.pictures import encode, picture
from tests.odd_files import tiff
from tfretrieval import images
from tfretrieval.convert import as_png

RGB = picture("some", 40, 30)
DEEP = np.arange(1200, dtype=np.uint16).reshape(40, 30) * 50


def decoded(contents):
    return images.decode(as_png(contents)).numpy()


@pytest.mark.parametrize("kind", ["WEBP", "BMP", "GIF", "TIFF"])
def test_other_formats_become_png_with_the_same_pixels(kind):
    contents = encode(RGB, kind, **({"lossless": True} if kind == "WEBP" else {}))
    expected = RGB.quantize(256) if kind == "GIF" else RGB
    close = 30 if kind == "GIF" else 0
    assert np.abs(decoded(contents) - np.asarray(expected.convert("RGB"))).max() <= close


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "L", "1", "P", "LA", "RGBA"])
def test_tiffs_of_other_modes_are_what_pillow_makes_of_them(mode):
    # Packed: below version 13 Pillow does not read the YCbCr that it has written plain.
    contents = encode(RGB.convert(mode), "TIFF", compression="tiff_lzw")
    expected = Image.open(io.BytesIO(contents)).convert("RGB")
    np.testing.assert_array_equal(decoded(contents), np.asarray(expected))


def test_transparency_is_composed_on_white():
    half = Image.new("RGBA", (4, 3), (10, 20, 30, 0))
    half.paste((10, 20, 30, 255), (0, 0, 2, 3))
    got = decoded(encode(half, "WEBP", lossless=True))
    assert (got[:, :2] == (10, 20, 30)).all() and (got[:, 2:] == 255).all()


def test_what_is_transparent_everywhere_is_read_by_its_colours():
    clear = Image.new("RGBA", (4, 3), (10, 20, 30, 0))
    got = decoded(encode(clear, "TIFF"))
    assert (got == (10, 20, 30)).all()


@pytest.mark.parametrize("order, white_is_zero", [("<", False), (">", False), ("<", True)])
def test_of_sixteen_bits_the_high_byte_is_kept(order, white_is_zero):
    got = decoded(tiff(DEEP, order, white_is_zero=white_is_zero))
    expected = 255 - (DEEP >> 8) if white_is_zero else DEEP >> 8
    np.testing.assert_array_equal(got, np.repeat(expected[..., None], 3, -1))


@pytest.mark.parametrize("order", "<>")
def test_of_three_colours_of_sixteen_bits_too(order):
    deep = np.stack([DEEP, DEEP[::-1], 3 * (DEEP // 4)], -1).astype(np.uint16)
    np.testing.assert_array_equal(decoded(tiff(deep, order)), deep >> 8)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("dtype", [np.uint32, np.int32, np.int16, np.float32])
def test_numbers_whose_range_nobody_knows_are_refused(order, dtype):
    reason = "range nobody knows: save it with 8 or 16 bits|a kind of TIFF that Pillow does not"
    with pytest.raises(ValueError, match=reason):
        as_png(tiff(DEEP.astype(dtype), order))


def test_what_pillow_does_not_open_is_told_apart():
    for contents, reason in [
        (tiff(DEEP, ">", white_is_zero=True), "a kind of TIFF"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, "HEIC or AVIF"),
        (b"no picture", "no known picture format"),
    ]:
        with pytest.raises(ValueError, match=reason):
            as_png(contents)


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_ignored_as_of_jpeg(mode, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    contents = encode(RGB.convert(mode), "TIFF", exif=exif)
    expected = np.asarray(RGB.convert(mode).convert("RGB"))
    np.testing.assert_array_equal(decoded(contents), expected)


def test_grey_maps_of_sixteen_bits_keep_the_high_byte():
    head = b"P5 30 40 65535\n"
    got = decoded(head + DEEP.astype(">u2").tobytes())
    np.testing.assert_array_equal(got[..., 0], DEEP >> 8)


@pytest.mark.parametrize("kind", ["WEBP", "GIF", "TIFF", "BMP"])
def test_truncated_pictures_are_refused(kind):
    with pytest.raises(ValueError, match="damaged"):
        as_png(encode(RGB, kind)[:100])
