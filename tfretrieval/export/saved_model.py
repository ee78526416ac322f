"""A hash encoder as a SavedModel that plain TensorFlow runs."""

from pathlib import Path

import tensorflow as tf

from tfretrieval import images as image_ops
from tfretrieval.compat import never_empty
from tfretrieval.saliency import Localizer, regions

# Pictures decoded at once inside `encode_bytes`.
PARALLEL = 8


def pack(codes: tf.Tensor) -> tf.Tensor:
    """:func:`tfretrieval.codes.pack` as TensorFlow ops: ``[B, bits]`` to uint8 ``[B, bytes]``.

    >>> pack(tf.constant([[0.3, -0.2, 0.0, -1.0, -1.0, -1.0, -1.0, 1.0, 1.0]])).numpy().tolist()
    [[161, 128]]
    """
    bits = codes.shape[-1]
    padded = tf.pad(tf.cast(codes >= 0, tf.int32), [[0, 0], [0, -bits % 8]])
    octets = tf.reshape(padded, [-1, (bits + 7) // 8, 8])
    return tf.cast(tf.reduce_sum(octets * [128, 64, 32, 16, 8, 4, 2, 1], axis=-1), tf.uint8)


def export_encoder(
    encoder: tf.keras.Model,
    folder: str | Path,
    image_size: int,
    localizer: Localizer | None = None,
    alpha: float | str = 0.4,
    region: str = "box",
) -> None:
    """Writes an encoder as a SavedModel with two signatures, the first being the default too.

    * ``encode_bytes(contents=string [B])``: JPEG or PNG files; what is neither is named by its
      place in the batch. :func:`tfretrieval.convert.readable` makes PNG of other formats.
    * ``encode_images(images=float32 [B, H, W, 3])``: pixels in [0, 255]; resized if need be.

    Both return ``packed``, uint8 ``[B, ceil(bits / 8)]`` (first bit = most significant), and
    ``codes``, the relaxed float32 ``[B, bits]``; where a localizer points at boxes also ``boxes``,
    float32 ``[B, 4]``: ymin, xmin, ymax, xmax in [0, 1]. Bytes go through the pipeline's own
    decoding and resizing (:mod:`tfretrieval.images`), so the bits are those of the run. The folder
    needs nothing of this package to be used::

        model = tf.saved_model.load(folder)  # keep this object while calling
        model.signatures["encode_bytes"](contents=tf.constant([open("a.jpg", "rb").read()]))

    Args:
        encoder: images ``[B, S, S, 3]`` to codes ``[B, bits]``; one that reads ``whole`` and
            ``crop`` by name sees the whole picture and the region. One that reads ``image`` and
            ``domain`` adds ``domains`` to what both signatures read, int32 ``[B]``: 0 a sketch, 1 a
            photograph.
        folder: must not exist yet.
        image_size: S.
        localizer: looks at every picture first; the encoder then sees the region it points at.
        alpha, region: which region, as in :func:`tfretrieval.saliency.regions`.

    Raises:
        FileExistsError: the folder exists.
        ValueError: an alpha or a region that there is not, an encoder of whole and crop without a
            localizer, or one of domains with one.
    """
    if Path(folder).exists():
        raise FileExistsError(f"{folder} exists: export into a folder of its own")
    module = encoding_module(encoder, image_size, localizer, alpha, region)
    signatures = {
        "encode_bytes": module.encode_bytes,
        "encode_images": module.encode_images,
        # What servers call where nobody says what.
        "serving_default": module.encode_bytes,
    }
    tf.saved_model.save(module, str(folder), signatures=signatures)


def encoding_module(
    encoder: tf.keras.Model,
    image_size: int,
    localizer: Localizer | None = None,
    alpha: float | str = 0.4,
    region: str = "box",
) -> tf.Module:
    """What :func:`export_encoder` writes, in memory: a module of the same functions.

    Args, Raises: as of :func:`export_encoder`.

    >>> from tfretrieval.backbones import resnet18
    >>> from tfretrieval.models import hash_encoder
    >>> module = encoding_module(hash_encoder(resnet18((32, 32, 3), width=4), bits=16), 32)
    >>> module.encode_images(tf.zeros([2, 48, 64, 3]))["packed"].shape.as_list()
    [2, 2]
    """
    if isinstance(encoder.input, dict) and "domain" in encoder.input:
        if localizer is not None:
            raise ValueError("an encoder of pictures and their domains sees whole pictures")
        return _DomainEncoder(encoder, image_size)
    both = isinstance(encoder.input, dict)
    if both and localizer is None:
        raise ValueError("an encoder of whole and crop needs the localizer that finds the crop")
    if localizer is None:
        return _Encoder(encoder, image_size)
    # Inside a graph the same error would be many lines long.
    regions(tf.zeros([1, 1, 1], tf.uint8), alpha, region)
    cropping = _TwoViewEncoder if both else _CroppingEncoder
    return cropping(encoder, image_size, localizer, alpha, region)


class _Encoder(tf.Module):
    """Sees whole pictures."""

    def __init__(self, encoder: tf.keras.Model, image_size: int):
        super().__init__()
        self.encoder = encoder
        self.image_size = image_size

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="contents")])
    def encode_bytes(self, contents):
        pictures, found = self._from_bytes(known_files(contents))
        return {**self._encode(pictures), **found}

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3], tf.float32, name="images")])
    def encode_images(self, images):
        pictures, found = self._from_images(images)
        return {**self._encode(pictures), **found}

    def _from_bytes(self, contents):
        """What is seen, and what was found out on the way."""
        return _whole_from_bytes(contents, self.image_size), {}

    def _from_images(self, images):
        return _whole_from_images(images, self.image_size), {}

    def _encode(self, pictures):
        return _packed(never_empty(lambda images: self.encoder(images, training=False), pictures))


class _DomainEncoder(tf.Module):
    """Sees whole pictures, and is told which are sketches."""

    def __init__(self, encoder: tf.keras.Model, image_size: int):
        super().__init__()
        self.encoder = encoder
        self.image_size = image_size

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.string, name="contents"),
            tf.TensorSpec([None], tf.int32, name="domains"),
        ]
    )
    def encode_bytes(self, contents, domains):
        return self._encode(_whole_from_bytes(known_files(contents), self.image_size), domains)

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None, None, 3], tf.float32, name="images"),
            tf.TensorSpec([None], tf.int32, name="domains"),
        ]
    )
    def encode_images(self, images, domains):
        return self._encode(_whole_from_images(images, self.image_size), domains)

    def _encode(self, pictures, domains):
        # Beside the picture in a channel of its own, so that a batch stays one tensor.
        told = tf.cast(domains, tf.float32)[:, None, None, None]
        size = self.image_size
        channel = tf.broadcast_to(told, [tf.shape(pictures)[0], size, size, 1])

        def codes(both):
            domain = tf.cast(both[:, 0, 0, 3], tf.int32)
            return self.encoder({"image": both[..., :3], "domain": domain}, training=False)

        return _packed(never_empty(codes, tf.concat([pictures, channel], axis=-1)))


class _CroppingEncoder(_Encoder):
    """Sees the region that a localizer points at."""

    def __init__(self, encoder, image_size, localizer, alpha, region):
        super().__init__(encoder, image_size)
        self.localizer = localizer
        self.alpha, self.region = alpha, region

    def _from_bytes(self, contents):
        whole = _whole_from_bytes(contents, self.localizer.image_size)
        return self._view(image_ops.load, contents, whole)

    def _from_images(self, images):
        whole = _whole_from_images(images, self.localizer.image_size)
        return self._view(image_ops.view, images, whole)

    def _view(self, load, pictures, whole):
        """The region of every picture, ``load``ed from what was given."""
        boxes, masks = regions(self.localizer(whole), self.alpha, self.region)
        columns = {"picture": pictures, "box": boxes, "mask": masks}
        seen = _each(
            lambda row: load(row["picture"], self.image_size, row.get("box"), row.get("mask")),
            {name: column for name, column in columns.items() if column is not None},
            self.image_size,
        )
        return seen, {} if boxes is None else {"boxes": tf.ensure_shape(boxes, [None, 4])}


class _TwoViewEncoder(_CroppingEncoder):
    """Sees the whole picture and the region."""

    def _from_bytes(self, contents):
        crop, found = super()._from_bytes(contents)
        return tf.concat([_whole_from_bytes(contents, self.image_size), crop], axis=-1), found

    def _from_images(self, images):
        crop, found = super()._from_images(images)
        return tf.concat([_whole_from_images(images, self.image_size), crop], axis=-1), found

    def _encode(self, pictures):
        # Side by side in the channels, so that a batch stays one tensor.
        def codes(pair):
            whole, crop = tf.split(pair, 2, axis=-1)
            return self.encoder({"whole": whole, "crop": crop}, training=False)

        return _packed(never_empty(codes, pictures))


def _packed(codes):
    codes = tf.cast(codes, tf.float32)
    return {"codes": codes, "packed": pack(codes)}


def known_files(contents):
    """The files of a batch, all of which begin as JPEG or PNG do."""
    known = image_ops.has_known_start(contents)
    strange = tf.reshape(tf.where(~known), [-1])
    told = "not JPEG or PNG (tfretrieval.convert.readable makes PNG of other formats): places"
    with tf.control_dependencies([tf.debugging.Assert(tf.reduce_all(known), [told, strange])]):
        return tf.identity(contents)


def _whole_from_bytes(contents, size):
    return _each(lambda content: image_ops.load(content, size), contents, size)


def _whole_from_images(images, size):
    return tf.ensure_shape(image_ops.resize(images, (size, size)), [None, size, size, 3])


def _each(view, rows, size):
    """A picture for each row, float32 ``[B, S, S, 3]``."""
    return tf.map_fn(
        view,
        rows,
        fn_output_signature=tf.TensorSpec([size, size, 3], tf.float32),
        parallel_iterations=PARALLEL,
    )
