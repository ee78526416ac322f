"""Draws `docs/figures/drawn_birds.png` (species of `drawn_birds/demo`, a row each) and
`docs/figures/drawn_crowded.png` (`drawn_birds/crowded`, with boxes, over `drawn_objects`).

python -m docs.figures.draw_birds
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from data_pipelines.drawn_birds import Artist, ObjectArtist, Picture
from data_pipelines.drawn_birds.objects import CLASSES as KINDS

CLASSES, ROWS, PHOTOS, SIZE = 40, 8, 9, 128
CROWDED_CLASSES, RIVALS, COLUMNS, CROWDED_SIZE = 20, 3, 7, 104
SKETCH, PHOTO = 0, 1


def birds() -> np.ndarray:
    artist = Artist(CLASSES, SIZE)
    rows = []
    for label in range(ROWS):
        photos = [f"train/{label:03}/{number:04}.jpg" for number in range(PHOTOS)]
        row = [artist.draw(name, label, n, PHOTO).pixels for n, name in enumerate(photos)]
        # At the end the first bird again, in the other domain.
        row.append(artist.draw(f"sketch_{photos[0]}", label, 0, SKETCH).pixels)
        rows.append(np.concatenate(row, axis=1))
    return np.concatenate(rows)


def crowded() -> np.ndarray:
    artist, others = (
        Artist(CROWDED_CLASSES, CROWDED_SIZE, rivals=RIVALS),
        ObjectArtist(CROWDED_SIZE),
    )
    rows = []
    for label in (0, 6, 12):
        names = [f"train/{label:03}/{number:04}.jpg" for number in range(COLUMNS)]
        pictures = [artist.draw(name, label, n) for n, name in enumerate(names)]
        rows.append(np.concatenate([boxed(picture) for picture in pictures], axis=1))
    for number in range(2):
        row = [others.draw(f"train/{kind}/{number:04}.jpg", kind).pixels for kind in KINDS]
        rows.append(np.concatenate(row, axis=1))
    return np.concatenate(rows)


def boxed(picture: Picture) -> np.ndarray:
    """The pixels with the true box."""
    image = Image.fromarray(picture.pixels)
    top, left, bottom, right = (round(edge * image.size[0]) for edge in picture.box)
    ImageDraw.Draw(image).rectangle((left, top, right - 1, bottom - 1), outline=(255, 235, 0))
    return np.asarray(image)


def main() -> None:
    for name, sheet in (("drawn_birds.png", birds()), ("drawn_crowded.png", crowded())):
        file = Path(__file__).with_name(name)
        Image.fromarray(sheet).quantize(256).save(file, optimize=True)


if __name__ == "__main__":
    main()
