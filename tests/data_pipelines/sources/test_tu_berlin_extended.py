"""TU-Berlin's photo folders, misspelt as they are published."""

import numpy as np

from data_pipelines.sources import TU_BERLIN_EXTENDED
from data_pipelines.sources.tu_berlin_extended import MISSPELT
from tests.data_pipelines.pictures import encode, picture, write_tree


def test_misspelt_folders_are_those_of_their_sketches(tmp_path):
    files = {}
    for photo, sketch in MISSPELT.items():
        files[f"png/{sketch}/1.png"] = encode(picture(sketch))
        files[f"ImageResized/{photo}/n_1.JPEG"] = encode(picture(photo))
    write_tree(tmp_path, files)
    records = TU_BERLIN_EXTENDED.folders.read(tmp_path).records
    counts = np.bincount(records.labels)
    assert records.num_classes == len(MISSPELT) and (counts == 2).all()
