"""What every encoder does: from the bytes of picture files to features and packed codes."""

from __future__ import annotations

import abc
import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfretrieval.convert import readable


@dataclasses.dataclass(frozen=True, eq=False)
class Encoded:
    """What an encoder says of pictures.

    Attributes:
        features: float32 ``[n, D]``, by whose cosine a shortlist is put in order.
        packed: codes, uint8 ``[n, ceil(bits / 8)]``; None while they are still to be fitted.
        boxes: float32 ``[n, 4]``, what it looked at as ymin, xmin, ymax, xmax in [0, 1]; None where
            it looks at whole pictures.
    """

    features: np.ndarray
    packed: np.ndarray | None
    boxes: np.ndarray | None


class Encoder(abc.ABC):
    """Encodes the bytes of picture files of all formats that :mod:`tfretrieval.convert` reads.

    Attributes:
        name: for people.
        bits: length of a code.
        dimensions: of the features.
        fingerprint: tells codes that can be compared from others.
        knows_sketches: whether it is told which pictures are sketches.
    """

    knows_sketches = False

    name: str
    bits: int
    dimensions: int
    fingerprint: str

    @abc.abstractmethod
    def described(self) -> dict[str, Any]:
        """What :func:`open_encoder` makes it from again, plain JSON values."""

    @abc.abstractmethod
    def _encode(self, contents: Sequence[bytes], sketches: bool) -> Encoded:
        """Codes of JPEG and PNG files."""

    def encode(self, contents: Sequence[bytes], sketches: bool = False) -> Encoded:
        """Codes of picture files.

        Args:
            sketches: what they are, of importance where ``knows_sketches``.

        Raises:
            ValueError: a file that is no picture, or cannot be decoded.
        """
        files = [readable(each) for each in contents]
        try:
            return self._encode(files, sketches)
        except tf.errors.InvalidArgumentError as error:
            raise ValueError("truncated or damaged") from error

    def encode_each(
        self, contents: Sequence[bytes], sketches: bool = False
    ) -> tuple[Encoded | None, np.ndarray, dict[int, str]]:
        """The same for pictures of which some may be unreadable.

        Returns:
            Codes of the others, None where there are none; their places, int64; and for the place
            of each unreadable one what is wrong with it.
        """
        wrong: dict[int, str] = {}

        def keep(place: int, work: Callable[[], Any]) -> Any:
            try:
                return work()
            except ValueError as error:
                wrong[place] = str(error)
                return None

        files = [keep(i, functools.partial(readable, each)) for i, each in enumerate(contents)]
        good = [i for i, file in enumerate(files) if file is not None]
        try:
            encoded = self._encode([files[i] for i in good], sketches) if good else None
        except tf.errors.InvalidArgumentError:
            # One of them breaks the batch: each by itself.
            each = {i: keep(i, functools.partial(self.encode, [files[i]], sketches)) for i in good}
            good = [i for i in good if each[i] is not None]
            encoded = _joined([each[i] for i in good]) if good else None
        return encoded, np.array(good, np.int64), wrong


def _joined(parts: Sequence[Encoded]) -> Encoded:
    def together(name: str) -> Any:
        arrays = [getattr(part, name) for part in parts]
        return None if arrays[0] is None else np.concatenate(arrays)

    return Encoded(together("features"), together("packed"), together("boxes"))
