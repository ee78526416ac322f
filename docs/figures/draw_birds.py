"""Draws `docs/figures/drawn_birds.png`: species of `drawn_birds/demo`, a row each.

python -m docs.figures.draw_birds
"""

from pathlib import Path

import numpy as np
from PIL import Image

from data_pipelines.drawn_birds import Artist

CLASSES, ROWS, PHOTOS, SIZE = 40, 8, 9, 128
SKETCH, PHOTO = 0, 1


def main() -> None:
    artist = Artist(CLASSES, SIZE)
    rows = []
    for label in range(ROWS):
        photos = [f"train/{label:03}/{number:04}.jpg" for number in range(PHOTOS)]
        row = [artist.draw(name, label, n, PHOTO).pixels for n, name in enumerate(photos)]
        # At the end the first bird again, in the other domain.
        row.append(artist.draw(f"sketch_{photos[0]}", label, 0, SKETCH).pixels)
        rows.append(np.concatenate(row, axis=1))
    sheet = Image.fromarray(np.concatenate(rows))
    sheet.quantize(256).save(Path(__file__).with_name("drawn_birds.png"), optimize=True)


if __name__ == "__main__":
    main()
