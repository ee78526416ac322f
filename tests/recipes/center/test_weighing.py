"""The weight of a loss is chosen by what its held-out pictures find by Euclidean distance."""

import numpy as np
import pytest

from recipes.center import weighing
from recipes.center.training import Seen
from recipes.center.weighing import Weighed, compose_weights, weigh
from recipes.center_weights import Config
from recipes.common.measure import held_out_map
from tests.recipes.opening import opened
from tests.recipes.pictures import write_folder
from tfretrieval.evaluation import cosine_retrieval, euclidean_retrieval

HISTORY = {
    "loss": np.array([2.0, 1.0]),
    "center_distances_d_own": np.array([3.0, 2.0]),
    "center_distances_d_other": np.array([4.0, 5.0]),
    "seconds": np.array([1.0, 2.5]),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weighing")
    pictures = str(write_folder(folder / "pictures"))
    config = Config(dataset="folder", data_dir=pictures, losses=("ratio", "hinge"))
    return opened(config, folder / "run", config.held_out)


def test_the_highest_euclidean_figure_of_every_loss_is_chosen(run):
    results = [
        Weighed("softmax", 0.0, 0.9, 0.9, HISTORY),
        Weighed("ratio", 0.1, 0.5, 0.9, HISTORY),
        Weighed("ratio", 1.0, 0.6, 0.2, HISTORY),
        Weighed("hinge", 0.1, 0.8, 0.3, HISTORY),
        Weighed("hinge", 1.0, 0.7, 0.4, HISTORY),
    ]
    made = compose_weights(run, results)
    assert list(made.tables[0].rows) == [
        ("softmax", "0"),
        *(("softmax + improved (ratio)", weight) for weight in ("0.1", "1")),
        *(("softmax + improved (hinge)", weight) for weight in ("0.1", "1")),
    ]
    assert made.tables[0].rows["softmax + improved (ratio)", "1"] == {
        "mAP held out, Euclidean": 0.6,
        "mAP held out, cosine": 0.2,
        "d_own": 2.0,
        "d_other": 5.0,
    }
    assert {loss: row["weight"] for (loss,), row in made.tables[1].rows.items()} == {
        "softmax + improved (ratio)": "1",
        "softmax + improved (hinge)": "0.1",
    }


def test_held_out_pictures_search_the_others_by_features(run, monkeypatch):
    features = np.random.default_rng(0).standard_normal((len(run.data.records), 4))
    monkeypatch.setattr(weighing, "train", lambda *args: (None, HISTORY))
    monkeypatch.setattr(weighing, "cached_features", lambda *args, **kwargs: {"features": features})
    weighed = weigh(run.with_config(ratio_lambda=3.0), "ratio", "ratio@3", Seen())
    assert weighed.weight == 3.0
    assert weighed.euclidean == held_out_map(features, run.data, euclidean_retrieval)
    assert weighed.cosine == held_out_map(features, run.data, cosine_retrieval)
    assert weighed.euclidean != weighed.cosine
