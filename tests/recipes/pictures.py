"""Tiny folders of pictures for recipes: classes that differ in colour, drawn with noise."""

from pathlib import Path

import numpy as np
from PIL import Image


def write_folder(
    folder: Path, classes: int = 3, train: int = 8, test: int = 4, size: int = 32, seed: int = 0
) -> Path:
    generator = np.random.default_rng(seed)
    for label in range(classes):
        colour = generator.uniform(0, 255, 3)
        for part, count in (("train", train), ("test", test)):
            for number in range(count):
                pixels = colour + generator.normal(0, 40, (size, size, 3))
                file = folder / part / f"class {label}" / f"{number:03}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(file)
    return folder
