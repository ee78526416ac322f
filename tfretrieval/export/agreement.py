"""How far an encoder's files agree with its SavedModel, picture by picture."""

from __future__ import annotations

import dataclasses
import io
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from PIL import Image
from tqdm.auto import tqdm

from tfretrieval import images as image_ops
from tfretrieval.convert import readable
from tfretrieval.encoders import Encoded, RunEncoder
from tfretrieval.encoders.run_encoder import PHOTO
from tfretrieval.evaluation import hamming_retrieval
from tfretrieval.evaluation.hamming import HammingRetrieval
from tfretrieval.export._frozen import IMAGES, Run, freeze

SAVED_MODEL, TENSORFLOW = "SavedModel, from the file", "TensorFlow, from pixels"
PILLOW = "TensorFlow, from Pillow's pixels"
# Codes of a network and of its SavedModel may differ so much, which may compute in float16.
_TOLERANCE = 0.05


@dataclasses.dataclass(frozen=True)
class Agreement:
    """What one encoder does with the checked pictures.

    Attributes:
        milliseconds: median time of a picture, at batch 1.
        equal_bits: share of the bits that are those of the SavedModel.
        own_map: mAP where the first half of the pictures searches the second, both coded by this
            encoder; None where there are no labels by which anything is found.
        mixed_map: the same where the SavedModel has coded the second half.
    """

    milliseconds: float
    equal_bits: float
    own_map: float | None
    mixed_map: float | None


@dataclasses.dataclass(frozen=True)
class Measured:
    """What all of them do.

    Attributes:
        rows: by title, the SavedModel and TensorFlow itself in front.
        count: pictures that could be read.
        definition: how the mAP was computed; empty where it was not.
        unreadable: path -> what is wrong with the others.
    """

    rows: dict[str, Agreement]
    count: int
    definition: str
    unreadable: dict[str, str]

    def table(self, sizes: Mapping[str, str]) -> list[str]:
        """Lines of Markdown.

        Args:
            sizes: megabytes, of the titles that have a file.
        """
        rows: list[tuple[str, ...]] = [
            ("encoder", "MB", "ms", "equal bits, %", "mAP, %", "mAP in the run's codes, %")
        ]
        for title, row in self.rows.items():
            maps = (row.own_map, row.mixed_map)
            shown = ["-" if value is None else f"{100 * value:.2f}" for value in maps]
            shown = [f"{row.milliseconds:.1f}", f"{100 * row.equal_bits:.3f}", *shown]
            rows.append((title, sizes.get(title, "-"), *shown))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [f"| {' | '.join(map(str.ljust, row, widths))} |" for row in rows]
        return [lines[0], f"|{'|'.join('-' * (width + 2) for width in widths)}|", *lines[1:]]


def pixels(
    encoder: tf.keras.Model, content: bytes, box: np.ndarray | None = None, load: Any = None
) -> dict[str, np.ndarray]:
    """What an encoder's file reads of a picture: batches of one, by name.

    Args:
        content: a picture file of any format that :mod:`tfretrieval.convert` reads.
        box: what the SavedModel looked at, for an encoder that sees that.
        load: from a file, a size and a box to pixels; :func:`tfretrieval.images.load` if left out.

    >>> image = tf.keras.Input((8, 8, 3))
    >>> encoder = tf.keras.Model(image, tf.keras.layers.Flatten()(image))
    >>> picture = tf.io.encode_png(tf.zeros([20, 30, 3], tf.uint8)).numpy()
    >>> {name: array.shape for name, array in pixels(encoder, picture).items()}
    {'images': (1, 8, 8, 3)}
    """
    load, content = load or image_ops.load, readable(content)
    by_name = isinstance(encoder.input, dict)
    found = {}
    for name, tensor in (encoder.input if by_name else {IMAGES: encoder.input}).items():
        if name == "domain":
            found[name] = np.full(1, PHOTO, np.int32)
            continue
        seen = None if name == "whole" else box
        found[name] = np.asarray(load(content, tensor.shape[1], seen))[None]
    return found


def pillow(content: bytes, size: int, box: np.ndarray | None = None) -> np.ndarray:
    """A network's input read by Pillow alone, float32 ``[size, size, 3]``, nearly that of
    :func:`tfretrieval.images.load`: Pillow rounds to whole numbers, and smooths a JPEG's colours.
    """
    picture = Image.open(io.BytesIO(content)).convert("RGB")
    if box is not None:
        top, left, height, width = image_ops.window(box, picture.height, picture.width).numpy()
        picture = picture.crop((left, top, left + width, top + height))
    resized = picture.resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(resized, np.float32)


def check_same(run: RunEncoder, encoder: tf.keras.Model, contents: Sequence[bytes]) -> None:
    """Refuses a network that is not the one inside a SavedModel.

    Raises:
        ValueError: their codes differ.
    """
    frozen, differences = freeze(encoder, 1), []
    for content in contents:
        encoded = run.encode([content])
        codes = frozen(pixels(encoder, content, box_of(encoded)))["codes"]
        if codes.shape != encoded.features.shape:
            raise ValueError(
                f"the network gives {codes.shape[1]} numbers, the SavedModel codes of {run.bits} "
                "bits: what is between them is in the SavedModel alone"
            )
        differences.append(np.abs(codes - encoded.features).max())
    if not np.median(differences) <= _TOLERANCE:
        raise ValueError(
            f"the network and the SavedModel give codes that differ by {np.median(differences):.2g}"
            ": one of them has been replaced, or masks fill the background of what the network sees"
        )


def measure(
    run: RunEncoder,
    encoder: tf.keras.Model,
    files: Mapping[str, Run],
    pictures: Sequence[Path],
    labels: np.ndarray | None,
) -> Measured:
    """Encodes every picture by all encoders, one after the other.

    Args:
        run: the SavedModel.
        encoder: the network inside it.
        files: what runs each file, by title.
        pictures: paths of picture files.
        labels: int ``[n]``, None where there are none.

    Raises:
        ValueError: fewer than two pictures can be read.
    """
    frozen = freeze(encoder, 1)
    runs: dict[str, Run] = {TENSORFLOW: frozen, **files, PILLOW: frozen}
    packed: dict[str, list[np.ndarray]] = {}
    seconds: dict[str, list[float]] = {}
    unreadable, read = {}, []

    def keep(title: str, codes: np.ndarray, took: float) -> None:
        packed.setdefault(title, []).append(codes[0])
        seconds.setdefault(title, []).append(took)

    for i, path in enumerate(tqdm(pictures, desc="checking", unit=" pictures", disable=None)):
        try:
            content = path.read_bytes()
            encoded, took = _timed(run.encode, [content])
            box = box_of(encoded)
            ours, pillows = (pixels(encoder, content, box, load) for load in (None, pillow))
        except (OSError, ValueError) as error:
            unreadable[str(path)] = str(error)
            continue
        read.append(i)
        keep(SAVED_MODEL, encoded.packed, took)
        for title, each in runs.items():
            found, took = _timed(each, pillows if title == PILLOW else ours)
            keep(title, found["packed"], took)
    if len(read) < 2:
        raise ValueError(f"{len(read)} of {len(pictures)} pictures can be read: two are needed")
    codes = {title: np.stack(rows) for title, rows in packed.items()}
    truth, rows, definition = codes[SAVED_MODEL], {}, ""
    for title, own in codes.items():
        sides = [_retrieval(own, database, labels, read, run.bits) for database in (own, truth)]
        maps = [None if side is None else side.mean_average_precision for side in sides]
        if title == SAVED_MODEL and sides[0] is not None:
            definition = sides[0].definition
        same = np.unpackbits(own ^ truth, axis=1, count=run.bits) == 0
        milliseconds = 1000 * float(np.median(seconds[title]))
        rows[title] = Agreement(milliseconds, float(same.mean()), *maps)
    return Measured(rows, len(read), definition, unreadable)


def _timed(work: Callable[[Any], Any], given: Any) -> tuple[Any, float]:
    """What comes of it, and how many seconds it took."""
    start = time.perf_counter()
    return work(given), time.perf_counter() - start


def _retrieval(
    own: np.ndarray, database: np.ndarray, labels: np.ndarray | None, read: list[int], bits: int
) -> HammingRetrieval | None:
    """The first half of the codes searches the second one of a database."""
    if labels is None:
        return None
    half, known = len(own) // 2, labels[read]
    try:
        return hamming_retrieval(
            *(own[:half], known[:half], database[half:], known[half:]),
            bits=bits,
            ks=(1,),
            stable=False,
        )
    except ValueError:  # nothing relevant in the other half, or an encoder whose bits are all 1
        return None


def box_of(encoded: Encoded) -> np.ndarray | None:
    """What the SavedModel looked at of a single picture, None where it looks at whole ones."""
    return None if encoded.boxes is None else encoded.boxes[0]
