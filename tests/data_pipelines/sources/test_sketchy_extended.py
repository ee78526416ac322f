"""Sketchy's layout: one rendering of the sketches, the extended folder of photos."""

from data_pipelines.sources import SKETCHY_EXTENDED
from tests.data_pipelines.pictures import write_tree
from tests.data_pipelines.sketch_sets import sketchy_files


def test_only_pictures_of_the_one_rendering_and_of_the_extended_folder_are_read(tmp_path):
    write_tree(tmp_path, sketchy_files())
    listing = SKETCHY_EXTENDED.folders.read(tmp_path)
    folders = {name.rsplit("/", 2)[0] for name in listing.records.ids}
    assert folders == {"256x256/sketch/tx_000100000000", "EXTEND_image_sketchy"}
    assert listing.records.class_names == ("ape", "hot-air_balloon")
