"""One tiny run of the sweep over thresholds, end to end."""

import pytest

from recipes import saliency_sheet
from recipes.common.cli import main
from tests.checks import check_recipe
from tests.recipes.pictures import write_table_with_boxes

pytestmark = pytest.mark.usefixtures("eager_training")

SMALL = [
    *("--dataset", "folder", "--image-size", "32", "--width", "4", "--epochs", "1"),
    *("--batch-size", "12", "--bits", "12", "--hash-epochs", "2", "--remine", "2"),
    *("--saliency-network", "stage1", "--network", "resnet18", "--weights", "none"),
]
FILES = frozenset({"average_precision.npz", "figures", "report.md", "results.json", "saliency"})


def run(run_dir, *flags):
    argv = [*SMALL, "--run-dir", str(run_dir), *map(str, flags)]
    return main(saliency_sheet.RECIPE, saliency_sheet.Config, "about", argv)


@pytest.mark.usefixtures("all_files")
def test_contract(tmp_path, monkeypatch, small_network):
    table = write_table_with_boxes(tmp_path)

    def one(run_dir):
        return run(run_dir, "--data-dir", table, "--alphas", "0.4", "none")

    check_recipe(one, tmp_path, table, monkeypatch, FILES, step=10)
    for name in ("saliency", "feature_maps"):
        assert (tmp_path / "whole" / "figures" / f"{name}.png").stat().st_size > 5000


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--alphas", "0"], "--alphas must lie between 0"),
        (["--alphas", "1", "0.4"], "--alphas must lie between 0"),
        (["--alphas", "0.4", "0.4"], "names a threshold twice"),
        (["--alphas", "none"], "needs a threshold beside none"),
        (["--saliency-network", "vgg"], "--saliency-network must be stage1"),
        (["--saliency-network", "inception_v3"], "ImageNet weights of inception_v3"),
        (["--saliency-network", "resnet18"], "ImageNet weights of resnet18"),
        (["--weights", "imagenet"], "of width 64, this network's is 4"),
        (["--weights", "imagenet", "--width", "64"], "ImageNet weights of resnet18"),
        (["--saliency-layer", "nowhere"], "no layer 'nowhere'"),
        (["--saliency-layer", "logits"], "gives no map"),
    ],
)
def test_bad_settings_are_one_line_before_anything_is_trained(
    tmp_path, capsys, monkeypatch, flags, message
):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "no weights"))
    assert run(tmp_path / "run", "--data-dir", tmp_path / "nowhere", *flags) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and message in error


def test_the_paper_s_thresholds_are_the_defaults():
    config = saliency_sheet.Config()
    assert config.alphas == (0.2, 0.3, 0.4, 0.5, 0.6, "none")
    assert (config.saliency_network, config.region) == ("inception_resnet_v2", "box")
