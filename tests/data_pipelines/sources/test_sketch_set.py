"""Sketchy and TU-Berlin by name: strays, counts, what is missing."""

import pytest

from data_pipelines import catalogue
from data_pipelines.records import DataError
from tests.checks import check_dataset
from tests.data_pipelines.pictures import write_tree
from tests.data_pipelines.sketch_sets import COUNTS, FILES, NAMES, SETS, TU_BERLIN, shrink


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    shrink(monkeypatch)


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


def test_the_published_counts_are_those_of_the_paper_s_lists():
    photos, train, queries = SETS["sketchy_extended"].counts
    assert train + queries == 75_481 and photos == 60_502 + 12_500 and queries == 125 * 50
    _, train, queries = SETS["tu_berlin_extended"].counts
    assert (train, queries) == (250 * 70, 250 * 10)
    assert SETS["sketchy_extended"].folders.queries == 50
    assert SETS["tu_berlin_extended"].folders.queries == 10
