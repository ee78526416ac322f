"""Random views of a picture, drawn without state: the same seed gives the same pixels."""

from __future__ import annotations

import dataclasses
import math

import tensorflow as tf

from tfretrieval import images

GREY = (0.299, 0.587, 0.114)


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """How far a random view may go; the defaults are our choice, mild enough for fine detail.

    Attributes:
        area: share of the picture (or of its box) that the crop covers, drawn evenly.
        aspect: width by height of the crop, drawn evenly on a logarithmic scale. A crop that would
            not fit is cut to the picture, so flat pictures give crops nearer to their own shape.
        flip: mirror half of the pictures.
        brightness, contrast, saturation: each is multiplied by a factor from [1 - v, 1 + v].
    """

    area: tuple[float, float] = (0.4, 1.0)
    aspect: tuple[float, float] = (3 / 4, 4 / 3)
    flip: bool = True
    brightness: float = 0.2
    contrast: float = 0.2
    saturation: float = 0.2

    def __post_init__(self) -> None:
        for name in ("area", "aspect"):  # Lists too: a view is told from another by its numbers.
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not 0 < self.area[0] <= self.area[1] <= 1:
            raise ValueError(f"area must be 0 < low <= high <= 1, got {self.area}")
        if not 0 < self.aspect[0] <= self.aspect[1]:
            raise ValueError(f"aspect must be 0 < low <= high, got {self.aspect}")
        for name in ("brightness", "contrast", "saturation"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must be in [0, 1], got {getattr(self, name)}")

    def load(
        self,
        contents: tf.Tensor,
        size: int,
        seed: tf.Tensor,
        box: tf.Tensor | None = None,
        mask: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """A random view, float32 `[size, size, 3]` in [0, 255], of the picture or of its `box`.

        Only the crop is decoded. `seed` is an integer `[2]`. A `mask` (bool `[m, m]`, over the
        whole picture) gives the background the mean colour before the colours are changed; it does
        not change what is drawn.
        """
        draws = tf.random.stateless_uniform([8], tf.cast(seed, tf.int64), alg="philox")
        height_width, scale, region = images.decoded_size(contents, size, box)
        crop = self._crop(region, draws[:4])
        image = images.decode_window(contents, crop, scale)
        if mask is not None:
            image = images.fill_background(image, mask, crop, height_width)
        image = images.resize(image, (size, size))
        if self.flip:
            image = tf.cond(draws[4] < 0.5, lambda: image[:, ::-1], lambda: image)
        return tf.ensure_shape(self._colors(image, draws[5:]), [size, size, 3])

    def _crop(self, region: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
        """A random window `(top, left, height, width)` in whole pixels inside `region`."""
        room = tf.cast(region[2:], tf.float32)
        area = room[0] * room[1] * (self.area[0] + draws[0] * (self.area[1] - self.area[0]))
        low, high = (math.log(edge) for edge in self.aspect)
        aspect = tf.exp(low + draws[1] * (high - low))
        size = tf.round(tf.sqrt(area * tf.stack([1 / aspect, aspect])))
        size = tf.clip_by_value(size, 1.0, room)
        start = tf.minimum(tf.floor(draws[2:4] * (room - size + 1)), room - size)
        return tf.concat([region[:2] + tf.cast(start, tf.int32), tf.cast(size, tf.int32)], 0)

    def _colors(self, image: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
        """Brightness b, contrast c about the mean m, saturation s about each pixel's grey g(x):
        `b c (s x + (1 - s) g(x)) + b (1 - c) m`, which is one product with a 3 x 3 matrix.
        """
        ranges = tf.constant([self.brightness, self.contrast, self.saturation], tf.float32)
        brightness, contrast, saturation = tf.unstack(1 + ranges * (2 * draws - 1))
        grey = tf.tile(tf.constant(GREY)[:, None], [1, 3])
        mixing = brightness * contrast * (saturation * tf.eye(3) + (1 - saturation) * grey)
        mean = brightness * (1 - contrast) * tf.reduce_mean(image)
        mixed = tf.matmul(tf.reshape(image, [-1, 3]), mixing) + mean
        return tf.clip_by_value(tf.reshape(mixed, tf.shape(image)), 0.0, 255.0)
