"""Who is trained on, who searches and who is searched among sketches and photos."""

import numpy as np
import pytest

from data_pipelines.records import PHOTO, SKETCH, DataError
from recipes.sketch.data import open_sketches
from recipes.sketch.settings import SketchSettings
from tests.recipes.sketch.tiny import write_table
from tfretrieval.run_folder import RunFolder


def open_table(table, folder):
    config = SketchSettings(dataset="folder", data_dir=str(table))
    return open_sketches(config, RunFolder(folder, config))


def test_sketches_search_photos_and_both_are_trained_on(table, tmp_path):
    data = open_table(table, tmp_path / "run")
    assert set(data.domains[data.query]) == {SKETCH}
    assert set(data.domains[data.database]) == {PHOTO}
    assert (len(data.query), len(data.database)) == (12, 20)
    assert (len(data.sketches), len(data.photos)) == (18, 15)
    assert set(data.domains[data.sketches]) == {SKETCH}
    assert set(data.domains[data.photos]) == {PHOTO}


def test_seen_classes_are_numbered_from_zero(table, tmp_path):
    data = open_table(table, tmp_path / "run")
    assert [data.records.class_names[c] for c in data.seen_classes] == [
        "class 0", "class 1", "class 2",
    ]  # fmt: skip
    np.testing.assert_array_equal(data.number[data.seen_classes], [0, 1, 2])
    np.testing.assert_array_equal(np.bincount(data.seen), [3, 9])


def test_pictures_without_a_domain_are_refused(tmp_path):
    with pytest.raises(DataError, match="column domain, 0 and 1"):
        open_table(write_table(tmp_path, domains=False), tmp_path / "run")


def test_a_class_absent_from_the_gallery_is_refused(tmp_path):
    with pytest.raises(DataError, match="sketches of 'class 3'"):
        open_table(write_table(tmp_path, gallery=(0, 1, 2)), tmp_path / "run")
