"""The figures of a finished run; what they draw is tested with :mod:`tfretrieval.plots`."""

import dataclasses

import numpy as np
import pytest
from matplotlib.text import Text

from data_pipelines.view import View
from recipes.folder_triplet import Config
from recipes.triplet.figures import saliency_figure
from tests.recipes.opening import opened


def test_a_run_draws_curves_gallery_and_where_pictures_were_cut_what_is_kept(selected, paper):
    drawn = {"map_by_round.png", "distances_by_round.png", "gallery.png"}
    assert {file.name for file in (paper / "figures").iterdir()} == drawn
    assert {file.name for file in (selected / "figures").iterdir()} == drawn | {"saliency.png"}
    for file in (selected / "figures").iterdir():
        assert file.stat().st_size > 5000


@pytest.mark.parametrize("masked", [False, True])
def test_boxes_and_masks_are_shown(table_with_boxes, tmp_path, masked):
    config = Config(data_dir=str(table_with_boxes), image_size=32)
    run = opened(config, tmp_path / "run")
    pictures = len(run.data.records)
    boxes = np.tile(np.array([0.2, 0.2, 0.8, 0.8], np.float32), (pictures, 1))
    view = View(boxes, maps=np.zeros((pictures, 4, 4), np.uint8))
    if masked:
        view = dataclasses.replace(view, boxes=None, masks=np.ones((pictures, 8, 8), bool))
    figure = saliency_figure(run, view.maps, {"α = 0.4": view})
    assert any("α = 0.4" in text.get_text() for text in figure.findobj(Text))
