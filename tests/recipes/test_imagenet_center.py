import dataclasses

from recipes import caltech256_center, imagenet_center
from recipes.common.cli import main


def test_imagenet_differs_in_its_data_and_starts_from_random_numbers():
    ours, theirs = (dataclasses.asdict(r.Config()) for r in (imagenet_center, caltech256_center))
    assert {key for key in ours if ours[key] != theirs[key]} == {"recipe", "dataset", "weights"}
    assert (ours["dataset"], ours["weights"]) == ("imagenet2012", "none")


def test_imagenet_is_asked_for_in_one_line(tmp_path, capsys):
    argv = ["--data-dir", str(tmp_path / "empty"), "--run-dir", str(tmp_path / "run")]
    assert main(caltech256_center.RECIPE, imagenet_center.Config, "", argv) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "imagenet2012" in error
