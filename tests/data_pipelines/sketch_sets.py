"""Sketchy and TU-Berlin, tiny, in their true layouts, with all that is no picture of theirs."""

import dataclasses

import pytest

from data_pipelines import builders, data_sets
from data_pipelines.sources import SketchSet
from tests.data_pipelines.pictures import encode, picture

SKETCHES = "256x256/sketch/tx_000100000000"
PHOTOS = "EXTEND_image_sketchy"
# Class -> as its photo folder is called.
TU_BERLIN = {
    "giraffe": "griaffe",
    "space shuttle": "spacesshuttle",
    "pipe (for smoking)": "pipe",
    "hot air balloon": "hotairballoon",
}


def sketchy_files():
    names = []
    for name in ("hot-air_balloon", "ape"):
        names += [f"{SKETCHES}/{name}/n01_{i}-{k}.png" for i in (1, 2) for k in (1, 2)]
        # The photos that were sketched lie in the extended folder too, one under an odd name.
        names += [f"256x256/photo/tx_000100000000/{name}/n01_{i}.jpg" for i in (1, 2)]
        folder = f"{PHOTOS}/{name.replace('-', '_')}"
        names += [f"{folder}/ext_1.jpg", f"{folder}/n01_1.jpg", f"{folder}/n01_2 (1).jpg"]
    names += [f"256x256/sketch/tx_000000000000/ape/n01_1-{k}.png" for k in (1, 2)]
    names += [f"{SKETCHES}/ape/invalid/n01_1-3.png", f"{PHOTOS}/ape/._ext_1.jpg"]
    files = {name: encode(picture(name)) for name in names}
    return {**files, f"{SKETCHES}/ape/invalid.txt": b"n01_1-3", f"{PHOTOS}/Thumbs.db": b""}


def tu_berlin_files():
    names = []
    for number, (sketch, photo) in enumerate(TU_BERLIN.items()):
        names += [f"png/{sketch}/{10 * number + i}.png" for i in range(3)]
        names += [f"ImageResized/{photo}/n01_{i}.JPEG" for i in range(2)]
    files = {name: encode(picture(name)) for name in names}
    return {**files, "png/filelist.txt": b"giraffe/0.png"}


FILES = {"sketchy_extended": sketchy_files, "tu_berlin_extended": tu_berlin_files}
COUNTS = {"sketchy_extended": (6, 6, 2), "tu_berlin_extended": (8, 8, 4)}
SETS = {each.name: each for each in data_sets.DATA_SETS if isinstance(each, SketchSet)}
BUILDERS = {
    "sketchy_extended": "SketchyExtended",
    "tu_berlin_extended": "TuBerlinExtended",
}
NAMES = pytest.mark.parametrize("name", FILES)


def small(name):
    """The set with one query of each class, and the counts of the tiny one."""
    folders = dataclasses.replace(SETS[name].folders, queries=1)
    return dataclasses.replace(SETS[name], folders=folders, counts=COUNTS[name])


def shrink(monkeypatch):
    """The catalogue and the builders have the tiny sets."""
    shown = [small(each.name) if each in SETS.values() else each for each in data_sets.DATA_SETS]
    monkeypatch.setattr(data_sets, "DATA_SETS", tuple(shown))
    for name, builder in BUILDERS.items():
        monkeypatch.setattr(getattr(builders, builder), "SET", small(name))
