"""The public sets: where they lie, how they are read, and the counts they must have.

The parts are the official ones: the training part trains and is searched, the test part searches
(of ImageNet, whose test part has no labels, the validation part). Caltech256 has none and gets its
own, `sources.read_caltech256`.
`NAME/zero_shot` is the split of metric learning, over the pictures of both parts: the first half of
the classes trains; the other half, never seen, is searched with each of its own pictures
(leave-one-out). The other sets have no such published split.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from data_pipelines import sources
from data_pipelines.records import DataError, Listing, RetrievalDataset
from data_pipelines.sources import Archive, Layout

COUNTS = {
    "caltech256": (15360, 14420, 256),
    "caltech_birds2011": (5994, 5794, 200),
    "caltech_birds2011/zero_shot": (5864, 5924, 200),
    "cars196": (8144, 8041, 196),
    "cars196/zero_shot": (8054, 8131, 196),
    "cifar10": (50000, 10000, 10),
    "imagenet2012": (1281167, 50000, 1000),
    "stanford_dogs": (12000, 8580, 120),
}
"""Training pictures, queries and classes."""

SEEN = {"caltech_birds2011/zero_shot": 100, "cars196/zero_shot": 98}
"""How many classes train."""

_DOGS = "http://vision.stanford.edu/aditya86/ImageNetDogs"
# The checksums are those that TFDS 4.9.10 keeps, and of Caltech256 the one on its page.
LAYOUTS = {
    layout.name: layout
    for layout in (
        Layout(
            "caltech256",
            folder="256_ObjectCategories",
            marks=("001.ak47", "256.toad"),
            archives=(
                Archive(
                    "256_ObjectCategories.tar",
                    "https://data.caltech.edu/records/nyy15-4j048/files/256_ObjectCategories.tar?download=1",
                    "67b4f42ca05d46448c6bb8ecd2220f6d",
                ),
            ),
            size="1.2 GB",
            tfds=True,
        ),
        Layout(
            "caltech_birds2011",
            folder="CUB_200_2011",
            marks=(
                "images",
                "images.txt",
                "image_class_labels.txt",
                "train_test_split.txt",
                "bounding_boxes.txt",
            ),
            archives=(
                Archive(
                    "CUB_200_2011.tgz",
                    "https://data.caltech.edu/records/65de6-vp158/files/CUB_200_2011.tgz?download=1",
                    "0c685df5597a8b24909f6a7c9db6d11e008733779a671760afef78feb49bf081",
                ),
            ),
            size="1.2 GB",
            tfds=True,
        ),
        Layout(
            "cars196",
            folder="",
            marks=("cars_train", "cars_test", "devkit"),
            archives=(
                Archive("cars_train.tgz"),
                Archive("cars_test.tgz"),
                Archive("car_devkit.tgz"),
                Archive("cars_test_annos_withlabels.mat"),
            ),
            size="2.0 GB",
        ),
        Layout(
            "cifar10",
            folder="cifar-10-batches-bin",
            marks=("batches.meta.txt", "data_batch_1.bin", "test_batch.bin"),
            archives=(
                Archive(
                    "cifar-10-binary.tar.gz",
                    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                ),
            ),
            size="0.2 GB",
            tfds=True,
            hint="the Python version consists of pickles, which can run code, and is not read",
        ),
        Layout(
            "imagenet2012",
            folder="",
            marks=("train", "val"),
            archives=(),
            size="",
            tfds=True,
            hint="in both are class folders such as n01440764; TFDS prepares the archives",
        ),
        Layout(
            "stanford_dogs",
            folder="",
            marks=("Images", "Annotation", "train_list.mat", "test_list.mat"),
            archives=(
                Archive(
                    "images.tar",
                    f"{_DOGS}/images.tar",
                    "a443fc2f9a851aa1a7b8e4fa4af94b8459fce2c9f5a2f4dd4669cf9673a4ec58",
                ),
                Archive(
                    "annotation.tar",
                    f"{_DOGS}/annotation.tar",
                    "662ed36f707be6b195c2fda392d8e153e83af28cedc8e2134a649f198def30fd",
                ),
                Archive(
                    "lists.tar",
                    f"{_DOGS}/lists.tar",
                    "34b47cacd9a98b5d150e084f24d29391c084c55272295ec65c85651bc35f4d6c",
                ),
            ),
            size="0.8 GB",
            tfds=True,
        ),
    )
}

_READERS: dict[str, Callable[[Path], Listing]] = {
    "caltech256": sources.read_caltech256,
    "caltech_birds2011": sources.read_caltech_birds2011,
    "cars196": sources.read_cars196,
    "cifar10": sources.read_cifar10,
    "imagenet2012": sources.read_imagenet2012,
    "stanford_dogs": sources.read_stanford_dogs,
}


def load_published(name: str, data_dir: str | None, download: bool) -> RetrievalDataset:
    """One of `COUNTS`, not yet looked at by the audit.

    Args:
        data_dir: the unpacked folder, an archive, the folder of either, or TFDS's; by default where
            `download` has put it before, or TFDS's own place.
        download: fetch the archives if nothing is there.

    Raises:
        DataError: nothing is there, it cannot be read, or it has not the published counts.
    """
    listing = _read(name.partition("/")[0], data_dir, download)
    records = listing.records
    if name in SEEN:
        seen = records.labels < SEEN[name]
        train, query = np.flatnonzero(seen), np.flatnonzero(~seen)
        database = query
    else:
        train, query = listing.where("train"), listing.where("test")
        database = train
    got, expected = (len(train), len(query), records.num_classes), COUNTS[name]
    if got != expected:
        raise DataError(
            "{} must have {} training pictures, {} queries and {} classes, ".format(name, *expected)
            + "got {}, {} and {}".format(*got)
            + "".join(f"; {note}" for note in listing.notes)
        )
    return RetrievalDataset(name, "1", records, train, database, query, listing.notes)


def _read(name: str, data_dir: str | None, download: bool) -> Listing:
    layout = LAYOUTS[name]
    root = layout.find(data_dir)
    if root is None and layout.tfds and _is_prepared(name, data_dir):
        return _read_tfds(name, data_dir)
    if root is None and download:
        layout.fetch(data_dir)
        root = layout.find(data_dir)
    if root is None:
        raise layout.not_found(data_dir)
    return _READERS[name](root)


def _is_prepared(name: str, data_dir: str | None) -> bool:
    if name == "caltech256":
        importlib.import_module("data_pipelines.caltech256")  # makes the builder known
    return sources.is_prepared(name, data_dir)


def _read_tfds(name: str, data_dir: str | None) -> Listing:
    if name != "imagenet2012":
        return _named(sources.read_tfds(name, ("train", "test"), data_dir))
    listing = sources.read_tfds(name, ("train", "validation"), data_dir, later=True)
    part = np.where(listing.split == "validation", "test", "train")
    return dataclasses.replace(listing, split=part)


def _named(listing: Listing) -> Listing:
    """TFDS counts CUB's classes and writes dogs' in lower case: here they are called as in the
    archives, so that both give equal data."""
    records = listing.records
    if not all("/" in name for name in records.ids):
        return listing
    names = sources.folder_names(records.ids, records.labels)
    return dataclasses.replace(listing, records=dataclasses.replace(records, class_names=names))
