"""The one way from a picture's bytes to pixels, the same in training, saliency, codes and export.

Everything here is TensorFlow operations on a scalar string, so it runs eagerly, in `tf.data` and in
an exported SavedModel. Four rules make the pixels reproducible:

- **Decoding.** JPEG and PNG, told apart by content and not by name. JPEG uses the accurate integer
  DCT without fancy upsampling: grey, CMYK and 4:4:4 pictures then equal Pillow's bit for bit, and
  decoding a window equals decoding the whole picture and cutting it out. PNG may be grey, palette,
  16 bits (the high byte is kept) or transparent (composed on white; of one that is transparent
  everywhere, which none means to be, the colours are read). EXIF orientation is ignored.
  A header that announces more than `MAX_PIXELS` is refused before anything is decoded. A JPEG
  that is far larger than wanted is decoded at a half, a quarter or an eighth of its size, as long
  as what is to be seen stays `OVERSAMPLED` times as large as wanted (`decoded_size`): less than
  half of the time, a fraction of the memory. What that changes lies below the change by a box's
  edges, which are then whole pixels of the smaller picture.
- **Cropping.** A box `[ymin, xmin, ymax, xmax]` in [0, 1] becomes whole pixels: each edge is
  rounded to the nearest one, and at least one pixel remains.
- **Background.** What a mask leaves out becomes `MEAN_COLOR`, after cropping and before resizing,
  so that the edge of the subject is as smooth as the rest of the small picture.
- **Resizing.** Bilinear, with a filter as wide as the shrinking asks for (`antialias=True`, and as
  in Pillow); the aspect ratio is not kept. A picture that grows is interpolated the plain way.

>>> import tensorflow as tf
>>> picture = tf.io.encode_png(tf.fill([4, 6, 3], tf.cast(200, tf.uint8)))
>>> tuple(decode(picture).shape), tuple(load(picture, 2).shape)
((4, 6, 3), (2, 2, 3))
>>> window([0.0, 0.5, 0.5, 1.0], height=4, width=6).numpy().tolist()
[0, 3, 2, 3]
"""

from __future__ import annotations

import functools
from typing import Any

import tensorflow as tf

MAX_PIXELS = 2**26
"""Largest picture that is decoded, in pixels (8192 x 8192): 200 MB once in memory."""

OVERSAMPLED = 4
"""A JPEG is decoded smaller as long as this many of its pixels are left for one that is wanted."""

MEAN_COLOR = (124, 116, 104)
"""The mean colour of ImageNet, for backgrounds: backbones subtract it, which leaves about zero."""

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_HEADER_END = 24
_SCALES = (1, 2, 4, 8)
_JPEG_OPTIONS = {"channels": 3, "dct_method": "INTEGER_ACCURATE", "fancy_upscaling": False}


def readable_format(contents: bytes) -> bool:
    """Whether bytes begin like a JPEG or PNG file, the two formats read here."""
    return contents.startswith((b"\xff\xd8\xff", _PNG_SIGNATURE))


def has_known_start(contents: Any) -> tf.Tensor:
    """`readable_format` as a TensorFlow operation: bool, of the shape of `contents`."""
    contents = tf.convert_to_tensor(contents, tf.string)
    start = tf.strings.substr(contents + len(_PNG_SIGNATURE) * b"\0", 0, len(_PNG_SIGNATURE))
    return tf.io.is_jpeg(contents) | (start == _PNG_SIGNATURE)


def shape(contents: Any) -> tf.Tensor:
    """Height and width that a picture's header announces, int32 `[2]`; nothing is decoded.

    Raises `InvalidArgumentError` for bytes that are neither JPEG nor PNG, and for a picture without
    pixels or with more than `MAX_PIXELS`.
    """
    contents = tf.convert_to_tensor(contents, tf.string)
    size = tf.cond(
        tf.io.is_jpeg(contents),
        lambda: tf.io.extract_jpeg_shape(contents)[:2],
        lambda: _png_shape(contents),
    )
    pixels = tf.reduce_prod(tf.cast(size, tf.int64))
    sane = tf.debugging.Assert(
        tf.reduce_all(size > 0) & (pixels <= MAX_PIXELS),
        [f"picture must have 1 to {MAX_PIXELS} pixels, its header says height and width", size],
    )
    # Whoever needs the size waits for the verdict, in a graph too.
    with tf.control_dependencies([sane]):
        return tf.ensure_shape(tf.identity(size), [2])


def decode(contents: Any) -> tf.Tensor:
    """Pixels of an encoded picture: float32 `[H, W, 3]`, whole numbers in [0, 255].

    Raises `InvalidArgumentError` for what is not a readable JPEG or PNG within `MAX_PIXELS`.
    """
    size = shape(contents)
    return tf.cast(decode_window(contents, tf.concat([[0, 0], size], 0)), tf.float32)


def decoded_size(
    contents: Any, size: Any, box: Any = None
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """At which size a picture is decoded, of which `box` is wanted at `size` pixels.

    A PNG always at its own. A JPEG at 1/s of it, rounded up, for the largest s of 1, 2, 4, 8 that
    leaves both sides of the box `OVERSAMPLED * size` pixels.

    Args:
        size: pixels, one number, or `(height, width)`.

    Returns:
        Height and width, int32 `[2]`; s, an int32 scalar; the box as a `window` at that size.

    >>> picture = tf.io.encode_jpeg(tf.zeros([90, 200, 3], tf.uint8))
    >>> [tuple(decoded_size(picture, size)[0].numpy().tolist()) for size in (4, 10, 20)]
    [(23, 50), (45, 100), (90, 200)]
    """
    contents = tf.convert_to_tensor(contents, tf.string)
    height_width = shape(contents)
    region = [0.0, 0.0, 1.0, 1.0] if box is None else box
    extent = window(region, height_width[0], height_width[1])[2:]
    room = tf.reduce_min(extent // (OVERSAMPLED * tf.cast(size, tf.int32)))
    room = tf.where(tf.io.is_jpeg(contents), room, 1)
    scale = tf.reduce_max(tf.where(tf.constant(_SCALES) <= tf.maximum(room, 1), _SCALES, 1))
    height_width = (height_width + scale - 1) // scale
    return height_width, scale, window(region, height_width[0], height_width[1])


def decode_window(contents: Any, window: Any, scale: Any = 1) -> tf.Tensor:
    """The part `(top, left, height, width)` of a picture, uint8 `[height, width, 3]`.

    Equal to cutting it from `decode(contents)`, and cheaper: of a JPEG little more than the window
    is decoded, and `resize` takes whole numbers as they are. The window must come from the size
    that `shape` or `decoded_size` gave, which is where oversized pictures are stopped; with the
    latter's `scale` the picture is that much smaller.
    """
    contents = tf.convert_to_tensor(contents, tf.string)
    window = tf.ensure_shape(tf.cast(window, tf.int32), [4])
    # In a graph nothing may touch the bytes before `shape`, which gave the window, has passed them.
    with tf.control_dependencies([window]):
        contents = tf.identity(contents)
    pixels = tf.cond(
        tf.io.is_jpeg(contents),
        lambda: _decode_jpeg(contents, window, scale),
        lambda: _cut(_decode_png(contents), window),
    )
    return tf.ensure_shape(pixels, [None, None, 3])


def window(box: Any, height: Any, width: Any) -> tf.Tensor:
    """Whole pixels of a box in a picture of that size: int32 `(top, left, height, width)`."""
    size = tf.stack([tf.cast(height, tf.int32), tf.cast(width, tf.int32)])
    corners = tf.cast(tf.reshape(box, [2, 2]), tf.float32) * tf.cast(size, tf.float32)
    corners = tf.cast(tf.round(corners), tf.int32)
    start = tf.clip_by_value(corners[0], 0, size - 1)
    stop = tf.clip_by_value(corners[1], start + 1, size)
    return tf.concat([start, stop - start], 0)


def crop(image: Any, box: Any) -> tf.Tensor:
    """The part of `image` `[H, W, C]` inside `box`, at whole pixels and at least one of them."""
    image = tf.convert_to_tensor(image)
    return _cut(image, window(box, tf.shape(image)[0], tf.shape(image)[1]))


def resize(image: Any, size: tuple[int, int]) -> tf.Tensor:
    """`image` `[..., H, W, C]` at `size = (height, width)`, float32, by the rule of this module."""
    return tf.image.resize(image, size, method="bilinear", antialias=True)


def fill_background(pixels: Any, mask: Any, window: Any, size: Any) -> tf.Tensor:
    """`pixels` with `MEAN_COLOR` wherever the mask says no.

    The mask lies over the whole picture, whatever its own size `[m, n]`: the pixel in row y of H
    is told by the mask's row `floor((y + 1/2) m / H)`, the one that its centre falls into.

    Args:
        pixels: `[height, width, 3]` in [0, 255], a window of the picture, as of `decode_window`.
        mask: bool `[m, n]`, true where the picture is to be seen.
        window: whole numbers `(top, left, height, width)`, where in the picture the pixels lie.
        size: whole numbers `(H, W)`, the size of the whole picture.

    Returns:
        `[height, width, 3]` of the same dtype.

    >>> left_half = tf.constant([[True, False]])
    >>> row = tf.zeros([1, 4, 3], tf.uint8)
    >>> fill_background(row, left_half, (0, 0, 1, 4), (1, 4))[0, :, 0].numpy().tolist()
    [0, 0, 124, 124]
    """
    mask = tf.ensure_shape(tf.convert_to_tensor(mask, tf.bool), [None, None])
    # Twice the centres, in whole numbers: nothing is rounded, so every device agrees.
    window, size = tf.cast(window, tf.int64), tf.cast(size, tf.int64)
    cells = tf.shape(mask, tf.int64)
    rows, columns = (
        (2 * (window[axis] + tf.range(window[axis + 2])) + 1) * cells[axis] // (2 * size[axis])
        for axis in (0, 1)
    )
    seen = tf.gather(tf.gather(mask, rows), columns, axis=1)
    pixels = tf.convert_to_tensor(pixels)
    return tf.where(seen[..., None], pixels, tf.constant(MEAN_COLOR, pixels.dtype))


def load(contents: Any, size: int, box: Any = None, mask: Any = None) -> tf.Tensor:
    """A network's input, float32 `[size, size, 3]` in [0, 255]: the whole picture, or its `box`.

    With a `mask` (bool `[m, m]`, over the whole picture) the background has the mean colour.
    """
    height_width, scale, place = decoded_size(contents, size, box)
    part = decode_window(contents, place, scale)
    if mask is not None:
        part = fill_background(part, mask, place, height_width)
    return tf.ensure_shape(resize(part, (size, size)), [size, size, 3])


def load_bounded(contents: Any, long_side: int) -> tf.Tensor:
    """A picture with its own aspect, float32 `[h, w, 3]`: shrunk until its longer side has
    `long_side` pixels; a smaller one stays as it is."""
    _, scale, place = decoded_size(contents, long_side)
    size = bounded_size(place[2:], long_side)
    return tf.ensure_shape(resize(decode_window(contents, place, scale), size), [None, None, 3])


def bounded_size(extent: Any, long_side: int) -> tf.Tensor:
    """Height and width, int32 `[2]`, shrunk until the longer one is `long_side`; smaller ones stay.

    >>> bounded_size([300, 400], 100).numpy().tolist(), bounded_size([3, 4], 100).numpy().tolist()
    ([75, 100], [3, 4])
    """
    extent = tf.cast(extent, tf.float64)
    shrink = tf.minimum(tf.constant(1.0, tf.float64), long_side / tf.reduce_max(extent))
    return tf.maximum(tf.cast(tf.round(extent * shrink), tf.int32), 1)


def view(image: Any, size: int, box: Any = None, mask: Any = None) -> tf.Tensor:
    """What `load` gives, of a picture `[H, W, 3]` in [0, 255] that is decoded already.

    Of a JPEG that `load` decodes smaller (`decoded_size`), equal only up to the scaling.
    """
    image = tf.convert_to_tensor(image)
    height_width = tf.shape(image)[:2]
    region = [0.0, 0.0, 1.0, 1.0] if box is None else box
    place = window(region, height_width[0], height_width[1])
    part = _cut(image, place)
    if mask is not None:
        part = fill_background(part, mask, place, height_width)
    return tf.ensure_shape(resize(part, (size, size)), [size, size, 3])


def _png_shape(contents: tf.Tensor) -> tf.Tensor:
    """Height and width from the first chunk of a PNG file, which is always its header."""
    signature = tf.strings.substr(contents, 0, len(_PNG_SIGNATURE))
    long_enough = tf.strings.length(contents) > _PNG_HEADER_END
    is_png = tf.debugging.Assert(
        (signature == _PNG_SIGNATURE) & long_enough, ["picture must be a JPEG or PNG file"]
    )
    with tf.control_dependencies([is_png]):
        width_height = tf.strings.substr(contents, 16, 8)
    return tf.io.decode_raw(width_height, tf.int32, little_endian=False)[::-1]


def _cut(image: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
    top, left, height, width = tf.unstack(window)
    return image[top : top + height, left : left + width]


def _decode_jpeg(contents: tf.Tensor, window: tf.Tensor, scale: Any) -> tf.Tensor:
    def at(ratio: int) -> tf.Tensor:
        return tf.image.decode_and_crop_jpeg(contents, window, ratio=ratio, **_JPEG_OPTIONS)

    if isinstance(scale, int):
        return at(scale)
    # The ratio is an attribute of the operation, so each has one of its own.
    branches = [functools.partial(at, ratio) for ratio in _SCALES]
    return tf.switch_case(tf.reduce_sum(tf.cast(scale > _SCALES[:-1], tf.int32)), branches)


def _decode_png(contents: tf.Tensor) -> tf.Tensor:
    """A PNG composed on white, uint8 `[H, W, 3]`, rounded to the nearest whole value."""
    pixels = tf.io.decode_png(contents, channels=4)
    alpha = pixels[..., 3:]
    # TensorFlow fills the missing alpha of a 1, 2 or 4 bit picture with 1, 3 or 15 in place of 255.
    depth = tf.cast(tf.io.decode_raw(tf.strings.substr(contents, 24, 1), tf.uint8)[0], tf.int32)
    filler = tf.cast(tf.bitwise.left_shift(1, tf.minimum(depth, 8)) - 1, tf.uint8)
    # Nothing is composed where nothing shows through, or nothing at all would be left.
    low, high = tf.reduce_min(alpha), tf.reduce_max(alpha)
    plain = (low == high) & ((low == filler) | (low == 255) | (low == 0))
    return tf.cond(plain, lambda: pixels[..., :3], lambda: _on_white(pixels))


def _on_white(pixels: tf.Tensor) -> tf.Tensor:
    """`round((c a + 255 (255 - a)) / 255)` of colours c and alpha a, uint8 `[H, W, 3]`."""
    # 16 bits hold it all, and take half the memory of 32. Of x below 65,535,
    # (x + 1 + x // 256) // 256 is x // 255, without a division.
    color, alpha = tf.cast(pixels[..., :3], tf.uint16), tf.cast(pixels[..., 3:], tf.uint16)
    total = color * alpha + 255 * (255 - alpha) + 127
    return tf.cast((total + 1 + total // 256) // 256, tf.uint8)
