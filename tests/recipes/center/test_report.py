"""The report of center losses, composed from numbers that no network made."""

import numpy as np
import pytest

from recipes.center.loss_result import measure_loss
from recipes.center.report import compose
from recipes.center.settings import CenterSettings
from recipes.common import report
from tests.recipes.opening import opened
from tests.recipes.pictures import write_folder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    settings = {"losses": ("softmax", "center", "ratio"), "bits": 5, "ratio_lambda": 0.25}
    pictures = str(write_folder(folder / "pictures"))
    config = CenterSettings(dataset="folder", data_dir=pictures, image_size=16, **settings)
    return opened(config, folder / "run")


def composed(run, *losses):
    random = np.random.default_rng(0)
    history = {
        "loss": np.array([2.0, 1.0]),
        "center_distances_d_own": np.array([3.0, 2.0]),
        "center_distances_d_other": np.array([4.0, 5.0]),
        "seconds": np.array([1.0, 2.5]),
    }
    results = []
    for loss in losses:
        features = random.standard_normal((len(run.data.records), 5))
        cached = {"features": features, "logits": features[:, :3]}
        results.append(measure_loss(run, loss, cached, history))
    planes = {loss: (features[:4, :2], np.array([0, 0, 1, 1]), features[:2, :2]) for loss in losses}
    return results, compose(run.with_config(losses=losses), results, planes)


def test_a_row_is_a_loss_and_a_search(run):
    results, made = composed(run, "softmax", "ratio")
    rows = made.tables[0].rows
    assert list(rows) == [
        (title, search)
        for title in ("softmax", "softmax + improved (ratio)")
        for search in ("Euclidean", "cosine", "codes")
    ]
    figures = rows["softmax + improved (ratio)", "codes"]
    assert list(figures) == ["mAP", "mAP inside test", "R@1", "P@10"]
    assert figures["R@1"] == results[1].rows["codes"].figures["R@1"]


def test_how_the_classes_lie_stands_beside_the_weight(run):
    results, made = composed(run, "softmax", "ratio")
    rows = made.tables[1].rows
    assert list(rows) == [("softmax", "0"), ("softmax + improved (ratio)", "0.25")]
    expected = {"accuracy": results[1].accuracy, **results[1].spread}
    assert rows["softmax + improved (ratio)", "0.25"] == expected
    assert [column.name for column in made.tables[1].columns] == list(expected)


@pytest.mark.parametrize(
    "losses, pairs",
    [
        (("softmax", "center", "ratio"), [(1, 0), (2, 0), (2, 1)]),
        (("ratio", "center"), [(0, 1)]),
        (("ratio", "softmax"), [(0, 1)]),
        (("ratio", "hinge"), []),
    ],
    ids=lambda value: " ".join(value) if isinstance(value[:1], tuple) and value else "",
)
def test_losses_are_paired_with_cross_entropy_and_readings_with_the_center_loss(run, losses, pairs):
    results, made = composed(run, *losses)
    titles = [result.title for result in results]
    found = [(pair.first[0], pair.second[0]) for pair in made.pairs[::3]]
    assert found == [(titles[first], titles[second]) for first, second in pairs]
    assert all(pair.first[1] == pair.second[1] for pair in made.pairs)
    assert len(made.pairs) == 3 * len(pairs)


def test_what_took_time_stands_in_no_table(run):
    _, made = composed(run, "center")
    assert made.seconds == {"softmax + center": 3.5}
    assert not any(3.5 in row.values() for table in made.tables for row in table.rows.values())


@pytest.mark.usefixtures("all_files")
def test_every_figure_is_drawn(run):
    _, made = composed(run, "softmax", "ratio")
    report.write(made, run.folder)
    drawn = {file.name for file in (run.folder / "figures").iterdir()}
    assert drawn == {"plane.png", "distances.png", "gallery.png"}
    assert report.read(run.folder).tables == made.tables
