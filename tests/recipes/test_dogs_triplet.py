import dataclasses

from recipes import cub_triplet, dogs_triplet
from recipes.common.cli import main
from recipes.triplet.published import DOGS, published_beside


def test_it_is_the_experiment_on_birds_with_other_data():
    ours, theirs = (dataclasses.asdict(r.Config()) for r in (dogs_triplet, cub_triplet))
    assert {key for key in ours if ours[key] != theirs[key]} == {"recipe", "dataset"}
    assert ours["dataset"] == "stanford_dogs"
    assert dogs_triplet.RECIPE is cub_triplet.RECIPE


def test_published_rows_are_those_of_its_own_data():
    assert published_beside(dogs_triplet.Config()) is DOGS
    assert published_beside(dogs_triplet.Config(classes=20)) is None


def test_the_data_are_asked_for_in_one_line(tmp_path, capsys):
    argv = ["--data-dir", str(tmp_path / "empty"), "--run-dir", str(tmp_path / "run")]
    argv += ["--weights", "none", "--saliency-network", "stage1"]
    assert main(dogs_triplet.RECIPE, dogs_triplet.Config, "", argv) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "stanford_dogs" in error
