"""The answer to a picture: what an index holds that is like it, as lines and as a picture."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from tfretrieval import images
from tfretrieval.convert import readable
from tfretrieval.encoders.encoder import Encoder
from tfretrieval.search import Found, PictureIndex

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GALLERY_PIXELS = 128


@dataclasses.dataclass(frozen=True, eq=False)
class Answer:
    """What a picture finds.

    Attributes:
        found: places, distances and cosines.
        box: what of the picture was looked at, ``[4]``; None for all of it.
    """

    found: Found
    box: np.ndarray | None

    def lines(self, index: PictureIndex) -> Iterator[str]:
        """A line an answer: rank, different bits, cosine, name."""
        cosines = self.found.cosines
        for rank, (place, distance) in enumerate(
            zip(self.found.places, self.found.distances, strict=True)
        ):
            cosine = "" if cosines is None else f"{cosines[rank]:7.3f}"
            name = index.pictures[place].name
            yield f"{rank + 1:3d}  {distance:3d} of {index.bits} bits{cosine}  {name}"


def answer(
    index: PictureIndex,
    encoder: Encoder,
    contents: bytes,
    k: int,
    rerank: bool = True,
    sketch: bool = False,
) -> Answer:
    """The nearest pictures of a picture file.

    Args:
        rerank: puts a longer list of the nearest codes in order by features.
        sketch: what the picture is, of importance where the encoder knows sketches.

    Raises:
        ValueError: contents that are no picture, or an index without codes.
    """
    encoded = encoder.encode([contents], sketch)
    if encoded.packed is None:
        raise ValueError(f"{index.folder} has no codes yet: let index finish first")
    [found] = index.search(encoded.packed, k, encoded.features if rerank else None)
    return Answer(found, None if encoded.boxes is None else encoded.boxes[0])


def gallery(
    index: PictureIndex,
    names: Sequence[str],
    contents: Sequence[bytes],
    answers: Sequence[Answer],
) -> Figure:
    """Queries and their answers as a picture; folders tell right from wrong where a query's own
    folder is one of them."""
    from tfretrieval import plots

    labels = {picture.label for picture in index.pictures} - {""}
    classes = [os.path.basename(os.path.dirname(os.path.abspath(name))) for name in names]
    known = [name if name in labels else None for name in classes]
    shown, right, told = [], [], []
    for own, one in zip(known, answers, strict=True):
        found = [index.pictures[place] for place in one.found.places]
        shown.append([_pixels(index.path(place).read_bytes()) for place in one.found.places])
        right.append([own is None or picture.label == own for picture in found])
        told.append([_title(p.label or os.path.basename(p.name)) for p in found])
    return plots.gallery(
        np.stack([_pixels(content) for content in contents]),
        np.array(shown),
        np.array(right),
        query_names=[_title(o or os.path.basename(n)) for o, n in zip(known, names, strict=True)],
        distances=np.stack([one.found.distances for one in answers]),
        answer_names=told,
        title=f"{index.about['encoder']['name']}: different bits of {index.bits} below",
    )


def _title(name: str) -> str:
    """A name that can be broken into lines."""
    return name.replace("_", " ")


def _pixels(contents: bytes) -> np.ndarray:
    return np.asarray(images.load(readable(contents), GALLERY_PIXELS))
