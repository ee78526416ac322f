"""Class folders of sketches and of photos, written differently."""

import numpy as np
import pytest

from data_pipelines.records import DataError
from data_pipelines.sources.sketch_folders import MISSPELT, SKETCHY, TU_BERLIN
from tests.data_pipelines.pictures import encode, picture, write_tree
from tests.data_pipelines.sketch_sets import sketchy_files, tu_berlin_files


def test_only_pictures_of_the_one_rendering_and_of_the_extended_folder_are_read(tmp_path):
    write_tree(tmp_path, sketchy_files())
    listing = SKETCHY.read(tmp_path)
    folders = {name.rsplit("/", 2)[0] for name in listing.records.ids}
    assert folders == {"256x256/sketch/tx_000100000000", "EXTEND_image_sketchy"}
    assert listing.records.class_names == ("ape", "hot-air_balloon")


def test_misspelt_folders_are_those_of_their_sketches(tmp_path):
    files = {}
    for photo, sketch in MISSPELT.items():
        files[f"png/{sketch}/1.png"] = encode(picture(sketch))
        files[f"ImageResized/{photo}/n_1.JPEG"] = encode(picture(photo))
    write_tree(tmp_path, files)
    records = TU_BERLIN.read(tmp_path).records
    counts = np.bincount(records.labels)
    assert records.num_classes == len(MISSPELT) and (counts == 2).all()


def test_photos_of_a_class_without_sketches_are_refused(tmp_path):
    name = "ImageResized/griaffee/n01_1.JPEG"
    write_tree(tmp_path, {**tu_berlin_files(), name: encode(picture(name))})
    with pytest.raises(DataError, match="griaffee.*no sketch"):
        TU_BERLIN.read(tmp_path)
