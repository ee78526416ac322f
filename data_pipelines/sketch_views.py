"""What a network is shown of sketches and photos, while training and after (Lu et al. 2021)."""

from __future__ import annotations

import dataclasses
import math

import tensorflow as tf

from data_pipelines.augment import GREY
from tfretrieval import images

# Of the rectangle that is erased: width by height, drawn evenly on a logarithmic scale.
_ERASED_ASPECT = (0.3, 3.3)
_CROP_ASPECT = (3 / 4, 4 / 3)
# A sketch is shown at this many times the size, and the middle of it kept.
SKETCH_ENLARGED = 1.1


@dataclasses.dataclass(frozen=True)
class SketchAugmentation:
    """Random views of a sketch, drawn without state: the same seed gives the same pixels.

    Grey, with the ink bright on black, so that what comes in from outside is paper: a crop at a
    random place, mirrored or not, turned, a rectangle erased; then dark on white again.

    Source: the authors' code; the two aspects are torchvision's defaults.

    Attributes:
        area: share of the picture that the crop covers, drawn evenly.
        flip: mirror half of the sketches.
        rotation: degrees it is turned by at most, either way.
        erase: share of the sketches that lose a rectangle.
        erased_area: share of the picture that the rectangle covers, drawn evenly.
    """

    area: tuple[float, float] = (0.6, 1.0)
    flip: bool = True
    rotation: float = 90.0
    erase: float = 0.6
    erased_area: tuple[float, float] = (0.02, 0.2)

    def __post_init__(self) -> None:
        for name in ("area", "erased_area"):  # Lists too: a view is told from another by these.
            object.__setattr__(self, name, tuple(getattr(self, name)))

    def load(self, contents: tf.Tensor, size: int, seed: tf.Tensor) -> tf.Tensor:
        """A random view, float32 `[size, size, 3]` in [0, 255]; `seed` is an integer `[2]`."""
        draws = tf.random.stateless_uniform([11], tf.cast(seed, tf.int64), alg="philox")
        height_width, scale, _ = images.decoded_size(contents, size)
        height_width = tf.cast(height_width, tf.float32)
        crop = _rectangle(height_width, self.area, _CROP_ASPECT, draws[:4])
        pixels = images.resize(images.decode_window(contents, crop, scale), (size, size))
        ink = 255 - tf.tensordot(pixels, tf.constant(GREY)[:, None], 1)
        if self.flip:
            ink = tf.cond(draws[4] < 0.5, lambda: ink[:, ::-1], lambda: ink)
        ink = _turned(ink, size, (2 * draws[5] - 1) * math.radians(self.rotation))
        erased = _rectangle(
            tf.constant([size, size], tf.float32), self.erased_area, _ERASED_ASPECT, draws[6:10]
        )
        kept = ~_inside(size, erased) | (draws[10] >= self.erase)
        ink = tf.where(kept[..., None], ink, 0.0)
        return tf.tile(tf.clip_by_value(255 - ink, 0.0, 255.0), [1, 1, 3])


def load_photo(contents: tf.Tensor, size: int, seed: tf.Tensor) -> tf.Tensor:
    """The whole photo, half of the time mirrored: float32 `[size, size, 3]` in [0, 255]."""
    image = images.load(contents, size)
    draw = tf.random.stateless_uniform([], tf.cast(seed, tf.int64), alg="philox")
    return tf.cond(draw < 0.5, lambda: image[:, ::-1], lambda: image)


def load_sketch(contents: tf.Tensor, size: int) -> tf.Tensor:
    """A sketch as it is searched with: enlarged, the middle of it, float32 `[size, size, 3]`."""
    enlarged = round(SKETCH_ENLARGED * size)
    start = (enlarged - size) // 2
    return images.load(contents, enlarged)[start : start + size, start : start + size]


def _rectangle(size: tf.Tensor, area, aspect, draws: tf.Tensor) -> tf.Tensor:
    """A random window `(top, left, height, width)` in whole pixels inside `size`."""
    low, high = (math.log(edge) for edge in aspect)
    covered = tf.reduce_prod(size) * (area[0] + draws[0] * (area[1] - area[0]))
    ratio = tf.exp(low + draws[1] * (high - low))
    extent = tf.clip_by_value(tf.round(tf.sqrt(covered * tf.stack([1 / ratio, ratio]))), 1.0, size)
    start = tf.minimum(tf.floor(draws[2:4] * (size - extent + 1)), size - extent)
    return tf.cast(tf.concat([start, extent], 0), tf.int32)


def _inside(size: int, window: tf.Tensor) -> tf.Tensor:
    """Bool `[size, size]`: which pixels lie in the window."""
    rows, columns = (
        (tf.range(size) >= window[i]) & (tf.range(size) < window[i] + window[i + 2]) for i in (0, 1)
    )
    return rows[:, None] & columns[None, :]


def _turned(image: tf.Tensor, size: int, angle: tf.Tensor) -> tf.Tensor:
    """Turned about the middle, zeros where nothing was."""
    cos, sin, middle = tf.cos(angle), tf.sin(angle), (size - 1) / 2
    x = middle - middle * (cos - sin)
    y = middle - middle * (sin + cos)
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=image[None],
        transforms=tf.stack([cos, -sin, x, sin, cos, y, 0.0, 0.0])[None],
        output_shape=[size, size],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )[0]
