"""Sketchy and TU-Berlin in their true layouts, tiny, with all that is no picture of theirs."""

import dataclasses

import numpy as np
import pytest
import tensorflow_datasets as tfds

from data_pipelines import catalogue, published_sketches, sketch_builders
from data_pipelines.records import DataError
from tests.checks import check_dataset
from tests.data_pipelines.pictures import encode, picture, write_tree

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
NAMES = pytest.mark.parametrize("name", FILES)


@pytest.fixture(autouse=True)
def one_query_of_each_class(monkeypatch):
    for name, folders in published_sketches.FOLDERS.items():
        few = dataclasses.replace(folders, queries=1)
        monkeypatch.setitem(published_sketches.FOLDERS, name, few)
        monkeypatch.setitem(published_sketches.COUNTS, name, COUNTS[name])


def load(name, folder):
    return catalogue.load(name, str(folder), progress=False)


@NAMES
def test_strays_are_passed_over_and_class_names_are_put_right(name, tmp_path):
    write_tree(tmp_path, FILES[name]())
    check_dataset(lambda: load(name, tmp_path))
    dataset = load(name, tmp_path)
    labels, domains = dataset.records.labels, dataset.records.domains
    assert (domains[dataset.query] == 0).all() and (domains[dataset.database] == 1).all()
    assert len(dataset.query) == dataset.num_classes
    photos, train, queries = COUNTS[name]
    assert (len(dataset.database), len(dataset.query)) == (photos, queries)
    assert len(dataset.train) == train + photos
    if name == "tu_berlin_extended":
        assert dataset.records.class_names == tuple(sorted(TU_BERLIN))
    for i, picture_id in enumerate(dataset.records.ids):
        folder = picture_id.split("/")[-2]
        if domains[i] == 1:
            folder = {v: k for k, v in TU_BERLIN.items()}.get(folder, folder)
        plain = dataset.records.class_names[labels[i]].replace("-", "_")
        assert plain == folder.replace("-", "_")
    assert "our split" in dataset.notes[0]


@NAMES
def test_the_same_sketches_are_queries_wherever_the_folder_lies(name, tmp_path):
    chosen = []
    for place in ("here", "there"):
        write_tree(tmp_path / place, FILES[name]())
        dataset = load(name, tmp_path / place)
        chosen.append(dataset.records.ids[dataset.query].tolist())
    assert chosen[0] == chosen[1]


@NAMES
def test_a_missing_picture_is_told_with_the_counts(name, tmp_path):
    files = FILES[name]()
    lost = next(path for path in files if path.endswith((".JPEG", "ext_1.jpg")))
    write_tree(tmp_path, {k: v for k, v in files.items() if k != lost})
    photos = COUNTS[name][0]
    with pytest.raises(DataError, match=f"must have {photos} photos.* got {photos - 1}, "):
        load(name, tmp_path)


@NAMES
def test_what_is_not_there_is_asked_for_in_one_line(name, tmp_path):
    with pytest.raises(DataError, match="unpacked into one folder by hand") as error:
        load(name, tmp_path / "nowhere")
    assert "\n" not in str(error.value) and name in str(error.value)


def test_photos_of_a_class_without_sketches_are_refused(tmp_path):
    name = "ImageResized/griaffee/n01_1.JPEG"
    write_tree(tmp_path, {**tu_berlin_files(), name: encode(picture(name))})
    with pytest.raises(DataError, match="griaffee.*no sketch"):
        load("tu_berlin_extended", tmp_path)


def test_the_published_counts_are_those_of_the_paper_s_lists(monkeypatch):
    monkeypatch.undo()
    photos, train, queries = published_sketches.COUNTS["sketchy_extended"]
    assert train + queries == 75_481 and photos == 60_502 + 12_500 and queries == 125 * 50
    _, train, queries = published_sketches.COUNTS["tu_berlin_extended"]
    assert (train, queries) == (250 * 70, 250 * 10)
    assert published_sketches.FOLDERS["sketchy_extended"].queries == 50
    assert published_sketches.FOLDERS["tu_berlin_extended"].queries == 10


@NAMES
def test_the_tfds_builder_has_the_same_pictures(name, tmp_path):
    write_tree(tmp_path / "data", FILES[name]())
    dataset = load(name, tmp_path / "data")
    builder = tfds.builder(name, data_dir=str(tmp_path / "tfds"))
    assert isinstance(builder, sketch_builders._Sketches)
    config = tfds.download.DownloadConfig(manual_dir=str(tmp_path / "data"))
    builder.download_and_prepare(download_config=config)
    rows = tfds.as_numpy(builder.as_dataset(split="sketch_test"))
    found = {row["image/filename"].decode(): int(row["label"]) for row in rows}
    records = dataset.records
    expected = zip(records.ids[dataset.query], records.labels[dataset.query], strict=True)
    assert found == {str(name): int(label) for name, label in expected}
    domains = [int(row["domain"]) for row in tfds.as_numpy(builder.as_dataset(split="photo"))]
    np.testing.assert_array_equal(domains, np.ones(COUNTS[name][0]))
