import numpy as np
import pytest
from matplotlib.text import Text

from recipes.common import pictures
from recipes.folder_triplet import Config
from tests.recipes.opening import opened
from tests.recipes.pictures import write_folder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    config = Config(data_dir=str(write_folder(folder / "pictures")), image_size=32, bits=8)
    return opened(config, folder / "run")


def test_queries_are_of_different_classes_and_drawn_by_the_seed(run):
    drawn = pictures.some_queries(run, 2)
    labels = run.data.records.labels[drawn]
    assert len(set(labels.tolist())) == 2 and set(drawn) <= set(run.data.query)
    other = [pictures.some_queries(run.with_config(seed=seed), 3).tolist() for seed in range(4)]
    assert len({tuple(each) for each in other}) > 1


def test_pictures_come_in_the_order_asked_for_boxes_cut_out(run):
    records = run.data.records
    both = pictures.pixels(records, np.array([5, 2, 5]), 16, 4)
    assert both.shape == (3, 16, 16, 3)
    np.testing.assert_array_equal(both[0], both[2])
    boxes = np.tile(np.array([0, 0, 0.5, 0.5], np.float32), (len(records), 1))
    cut = pictures.pixels(records, np.array([5]), 16, 4, boxes)
    assert np.abs(cut[0] - both[0]).max() > 1


def test_a_gallery_shows_a_query_of_each_class(run):
    codes = np.random.default_rng(0).standard_normal((len(run.data.records), 8)).astype(np.float32)
    figure = pictures.gallery(run, codes, "random codes")
    shown = {text.get_text() for text in figure.findobj(Text)}
    assert {"class 0", "class 1", "class 2"} <= shown
