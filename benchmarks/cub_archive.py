"""Drawn birds as the archive of CUB-200-2011, to try with what the real one would take.

    python -m benchmarks.cub_archive --out FOLDER [--config cub_like]

Writes `FOLDER/CUB_200_2011.tgz`: layout, lists and file names of the original, filled with the
pictures of `drawn_birds`, whose configuration `cub_like` has as many classes and pictures in each
part. `--dataset caltech_birds2011 --data-dir FOLDER` reads it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import multiprocessing
import os
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from tqdm import tqdm

from data_pipelines.drawn_birds.artist import Artist

ROOT = "CUB_200_2011"
ARCHIVE = f"{ROOT}.tgz"
PARTS = ("train", "test")


class Bird(NamedTuple):
    """A picture to draw: the artist's id, label and number, and `path` below `images/`."""

    picture_id: str
    label: int
    number: int
    path: str


def birds(config) -> list[Bird]:
    """The pictures of a `DrawnBirdsConfig`, class by class, named as CUB names its own."""
    names = [species.name.title() for species in config.artist().species]
    pictures = sorted(
        (picture for part in PARTS for picture in config.pictures(part)),
        key=lambda picture: picture[1],
    )
    places = dict.fromkeys(range(len(names)), 0)
    listed = []
    for count, (picture_id, label, number) in enumerate(pictures, 1):
        places[label] += 1
        file = f"{names[label]}_{places[label]:04d}_{count}.jpg"
        listed.append(Bird(picture_id, label, number, f"{label + 1:03d}.{names[label]}/{file}"))
    return listed


def write_archive(config, folder: Path, processes: int | None = None) -> Path:
    """Draws a `DrawnBirdsConfig` into `folder/CUB_200_2011.tgz`, which appears whole or not at all.

    Args:
        processes: that draw, by default one a core.

    Raises:
        FileExistsError: the archive is there.
    """
    target = folder / ARCHIVE
    if target.exists():
        raise FileExistsError(f"{target} exists: delete it, or choose another --out")
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".{ARCHIVE}.partial"
    listed, boxes = birds(config), []
    with contextlib.ExitStack() as stack:
        stack.callback(partial.unlink, missing_ok=True)
        # JPEG files hardly shrink: the fastest level does.
        archive = stack.enter_context(tarfile.open(partial, "w:gz", compresslevel=1))
        for bird, (jpeg, box) in zip(listed, _drawn(config, listed, processes), strict=True):
            _add(archive, f"images/{bird.path}", jpeg)
            boxes.append(box)
        for name, lines in _lists(listed, boxes).items():
            _add(archive, name, "".join(f"{line}\n" for line in lines).encode())
        archive.close()
        os.replace(partial, target)
    return target


def _lists(listed, boxes):
    classes = dict.fromkeys(bird.path.partition("/")[0] for bird in listed)
    return {
        "classes.txt": [f"{i} {name}" for i, name in enumerate(classes, 1)],
        "images.txt": [f"{i} {bird.path}" for i, bird in enumerate(listed, 1)],
        "image_class_labels.txt": [f"{i} {bird.label + 1}" for i, bird in enumerate(listed, 1)],
        "train_test_split.txt": [
            f"{i} {int(bird.picture_id.startswith('train/'))}" for i, bird in enumerate(listed, 1)
        ],
        "bounding_boxes.txt": [
            f"{i} " + " ".join(f"{edge:.1f}" for edge in box) for i, box in enumerate(boxes, 1)
        ],
    }


def _add(archive, name, contents):
    member = tarfile.TarInfo(f"{ROOT}/{name}")
    member.size = len(contents)
    archive.addfile(member, io.BytesIO(contents))


def _drawn(config, listed, processes) -> Iterator[tuple[bytes, tuple[float, ...]]]:
    """JPEG file and box of every bird, in that order, drawn on all cores."""
    # Forked processes would inherit the threads of what the caller has imported.
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, _begin, [config.artist()]) as pool:
        pictures = pool.imap(_draw, listed, chunksize=8)
        yield from tqdm(pictures, "drawing", len(listed), unit=" pictures", disable=None)


_artist: Artist


def _begin(artist):
    global _artist
    _artist = artist


def _draw(bird):
    """JPEG file, and the box as x, y, width, height in pixels."""
    picture = _artist.draw(bird.picture_id, bird.label, bird.number)
    jpeg = io.BytesIO()
    Image.fromarray(picture.pixels).save(jpeg, "JPEG", quality=90)
    ymin, xmin, ymax, xmax = (edge * _artist.size for edge in picture.box)
    return jpeg.getvalue(), (xmin, ymin, xmax - xmin, ymax - ymin)


def main() -> int:
    # Here, so that the processes that draw do not start TensorFlow.
    from data_pipelines.builders import DrawnBirds

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the archive")
    parser.add_argument("--config", default="cub_like", choices=sorted(DrawnBirds.builder_configs))
    args = parser.parse_args()
    start = time.monotonic()
    try:
        path = write_archive(DrawnBirds.builder_configs[args.config], args.out)
    except FileExistsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    size, seconds = path.stat().st_size / 1e6, time.monotonic() - start
    print(f"{path}: {size:.0f} MB, {seconds:.0f} s on {os.cpu_count()} cores")
    return 0


if __name__ == "__main__":
    sys.exit(main())
