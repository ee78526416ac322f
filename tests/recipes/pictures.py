"""Tiny folders of pictures for recipes: classes that differ in colour, drawn with noise."""

import csv
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


def write_table_with_boxes(folder: Path) -> Path:
    """A CSV file of the pictures of ``write_folder``, each with a box of its own."""
    generator = np.random.default_rng(1)
    files = sorted(write_folder(folder / "pictures").rglob("*.png"))
    with open(folder / "table.csv", "w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["path", "label", "split", "ymin", "xmin", "ymax", "xmax"])
        for file in files:
            part, label, _ = file.relative_to(folder / "pictures").parts
            low, high = generator.uniform(0, 0.4, 2), generator.uniform(0.6, 1, 2)
            table.writerow([file.relative_to(folder), label, part, *low, *high])
    return folder / "table.csv"
