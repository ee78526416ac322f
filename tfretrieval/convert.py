"""Formats that TensorFlow does not read, as PNG: WebP, BMP, GIF, TIFF and what else Pillow opens.

Pixels of 8 bits are kept as they are. Of 16 bits the high byte is kept, as `tfretrieval.images`
does with PNG. Numbers whose range nobody knows (32-bit integers, floating point) are refused: what
is white would be a guess. Of several frames the first is taken. Orientation is ignored, as of JPEG;
Pillow turns a TIFF while it loads it, which is undone.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, UnidentifiedImageError

import tfretrieval as tfr

SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".gif"),
    *(".tif", ".tiff", ".avif", ".heic", ".heif"),
)
"""Of the names of files that are looked into; what they hold is found out there."""

ORIENTATION = 0x0112
_BITS, _PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0
_PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA")
_Turn = Image.Transpose
# What Pillow did for an orientation, the other way round.
_BACK = {
    2: _Turn.FLIP_LEFT_RIGHT,
    3: _Turn.ROTATE_180,
    4: _Turn.FLIP_TOP_BOTTOM,
    5: _Turn.TRANSPOSE,
    6: _Turn.ROTATE_90,
    7: _Turn.TRANSVERSE,
    8: _Turn.ROTATE_270,
}


def as_png(contents: bytes) -> bytes:
    """A picture as PNG, quickly and not small: it is decoded right after.

    Raises:
        ValueError: why it cannot be used, in a few words.

    >>> buffer = io.BytesIO()
    >>> Image.new("F", (2, 2)).save(buffer, "TIFF")
    >>> as_png(buffer.getvalue())
    Traceback (most recent call last):
    ValueError: floating-point pixels, whose range nobody knows: save it with 8 or 16 bits
    """
    try:
        opened = Image.open(io.BytesIO(contents))
    except UnidentifiedImageError:
        raise ValueError(why_unknown(contents)) from None
    except Image.DecompressionBombError:
        raise ValueError("far too many pixels") from None
    except (OSError, SyntaxError, ValueError, EOFError, KeyError):
        raise ValueError("truncated or damaged") from None
    try:
        orientation = _orientation(opened)
        opened.load()
        picture: Image.Image = opened
        if orientation != _orientation(opened):
            picture = opened.transpose(_BACK[orientation])
    except (OSError, SyntaxError, ValueError, EOFError, KeyError):
        raise ValueError("truncated or damaged") from None
    buffer = io.BytesIO()
    _eight_bits(picture, opened).save(buffer, "PNG", compress_level=0)
    return buffer.getvalue()


def readable(contents: bytes) -> bytes:
    r"""A picture of any format as `tfretrieval.images` and an exported model read it: JPEG and PNG
    as they are, all others as PNG. The codes are then those of the run::

        model.signatures["encode_bytes"](contents=tf.constant([readable(path.read_bytes())]))

    Raises:
        ValueError: why it cannot be used, in a few words.

    >>> buffer = io.BytesIO()
    >>> Image.new("RGB", (2, 2)).save(buffer, "WEBP")
    >>> readable(buffer.getvalue())[1:4], readable(b"\xff\xd8\xff")[:3]
    (b'PNG', b'\xff\xd8\xff')
    """
    return contents if tfr.images.readable_format(contents) else as_png(contents)


def why_unknown(contents: bytes) -> str:
    """What is wrong with bytes that Pillow takes for no picture.

    >>> why_unknown(b"hello")
    'no known picture format, or damaged'
    """
    if contents[:4] in (b"II*\0", b"MM\0*"):
        return "a kind of TIFF that Pillow does not read, or damaged: save it with 8 bits a colour"
    if contents[4:8] == b"ftyp":
        return "HEIC or AVIF, which the Pillow here does not read: save it as JPEG or PNG"
    return "no known picture format, or damaged"


def _orientation(picture: Image.Image) -> int:
    """The one that Pillow obeys while loading; 1 where it turns nothing."""
    if picture.format != "TIFF":
        return 1
    return picture.getexif().get(ORIENTATION, 1) or 1


def _eight_bits(picture: Image.Image, opened: Image.Image) -> Image.Image:
    """`picture` in a mode of PNG; the file that was `opened` knows what its numbers mean."""
    if picture.mode == "F":
        raise ValueError(
            "floating-point pixels, whose range nobody knows: save it with 8 or 16 bits"
        )
    tags = getattr(opened, "tag_v2", {})
    # Pillow brings every portable grey map of more than 8 bits to the range of 16.
    if picture.mode.startswith("I;16") or (picture.mode == "I" and opened.format == "PPM"):
        bits = tags.get(_BITS, (16,))
        high = np.asarray(picture).astype(np.int64) >> (max(bits[0], 8) - 8)
        if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
            high = 255 - high
        return Image.fromarray(np.clip(high, 0, 255).astype(np.uint8))
    if picture.mode == "I":
        raise ValueError(
            "integer pixels of 32 bits or with a sign, whose range nobody knows: save it with 8 "
            "or 16 bits"
        )
    if picture.mode in _PNG_MODES:
        return picture
    transparent = picture.mode in ("PA", "La", "RGBa") or "transparency" in picture.info
    try:
        return picture.convert("RGBA" if transparent else "RGB")
    except ValueError:
        raise ValueError(
            f"pixels of mode {picture.mode}, which Pillow cannot convert: save it as RGB"
        ) from None
