"""One tiny run of the whole recipe, end to end."""

import numpy as np
import pytest

from recipes import folder_triplet
from recipes.common.cli import main
from tests.checks import check_exported_bits, check_recipe
from tests.recipes.pictures import write_folder
from tests.recipes.results import rows

SMALL = [
    *("--image-size", "32", "--width", "4", "--epochs", "2", "--batch-size", "12"),
    *("--bits", "12", "--hash-epochs", "4", "--remine", "2", "--margins", "1"),
]


def run(run_dir, *flags):
    argv = [*SMALL, "--run-dir", str(run_dir), *flags]
    return main(folder_triplet.RECIPE, folder_triplet.Config, "about", argv)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("some pictures"))


@pytest.mark.usefixtures("all_files")
def test_contract(tmp_path, pictures, monkeypatch, small_network, eager_training):
    """The network on crops, which needs the one on whole pictures to look for it; killed after
    every file, the exported ones too."""

    def one_network(run_dir):
        network = ["--networks", "resnet18_i+crop", "--region", "mask_in_box"]
        return run(run_dir, "--data-dir", str(pictures), *network)

    check_recipe(one_network, tmp_path, pictures, monkeypatch)
    assert "## Saliency" in (tmp_path / "whole" / "report.md").read_text()
    assert (tmp_path / "whole" / "figures" / "saliency.png").stat().st_size > 5000


@pytest.mark.usefixtures("all_files")
def test_both_networks_and_two_seeds_in_one_table(
    tmp_path, pictures, capsys, small_network, eager_training
):
    flags = ["--data-dir", str(pictures), "--seeds", "2", "--hash-epochs", "2"]
    flags += ["--networks", "resnet18", "resnet18_i+crop"]
    assert run(tmp_path / "run", *flags) == 0
    printed = capsys.readouterr().out
    assert "± " in printed and "ResNet18-I" in printed and "95 % interval" in printed
    for seed in (0, 1):
        folder = tmp_path / "run" / f"seed-{seed}"
        measured = rows(folder)
        assert {network for network, _ in measured} == {"ResNet18", "ResNet18-I, crop"}
        assert len(measured) == 12 and all(0 <= row["mAP"] <= 1 for row in measured.values())
        # Two epochs of stage 1, and two rounds of six heads, for each network.
        lines = (folder / "metrics.jsonl").read_text().splitlines()
        assert len(lines) == 2 * (2 + 2 * 6)
        for name in ("map_by_round", "distances_by_round", "gallery"):
            assert (folder / "figures" / f"{name}.png").stat().st_size > 5000
    check_exported_bits(tmp_path / "run" / "seed-0", pictures)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda folder: folder / "nowhere", "nowhere"),
        (lambda folder: write_folder(folder / "a", classes=1), "only one class"),
        (lambda folder: write_folder(folder / "b", test=0), "test"),
    ],
    ids=["missing-folder", "one-class", "no-queries"],
)
def test_bad_input_is_one_line_and_status_2(tmp_path, capsys, make, message):
    assert run(tmp_path / "run", "--data-dir", str(make(tmp_path))) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ") and message in error


def test_an_unknown_data_set_names_the_known_ones(tmp_path, capsys):
    assert run(tmp_path / "run", "--dataset", "cub") == 2
    assert "caltech_birds2011" in capsys.readouterr().err


def test_an_unreadable_picture_stops_or_is_left_out(
    tmp_path, capsys, small_network, eager_training
):
    broken = write_folder(tmp_path / "pictures") / "train" / "class 0" / "000.png"
    broken.write_bytes(broken.read_bytes()[:50])
    flags = ["--data-dir", str(tmp_path / "pictures"), "--networks", "resnet18"]
    assert run(tmp_path / "run", *flags) == 2
    assert "000.png" in capsys.readouterr().err
    assert run(tmp_path / "run", *flags, "--skip-unreadable") == 0
    assert "23 training pictures" in capsys.readouterr().out
    assert "000.png" in (tmp_path / "run" / "report.md").read_text()


def test_classes_of_one_picture_can_be_refused(tmp_path, capsys):
    write_folder(tmp_path / "pictures")
    lone = tmp_path / "pictures" / "train" / "lone" / "a.png"
    lone.parent.mkdir()
    (tmp_path / "pictures" / "train" / "class 0" / "000.png").rename(lone)
    assert run(tmp_path / "run", "--data-dir", str(lone.parents[2]), "--singletons", "refuse") == 2
    assert "lone" in capsys.readouterr().err


def test_zero_shot_searches_classes_that_were_never_trained_on(
    tmp_path, capsys, small_network, eager_training
):
    pictures = write_folder(tmp_path / "pictures", classes=4)
    flags = ["--data-dir", str(pictures), "--split", "zero_shot", "--networks", "resnet18"]
    assert run(tmp_path / "run", *flags) == 0
    printed = capsys.readouterr().out
    assert "24 queries of classes that were never trained on" in printed and "R@1" in printed
    measured = rows(tmp_path / "run")
    assert rows(tmp_path / "run", "Networks")[("ResNet18",)]["accuracy of stage 1"] is None
    assert all(0 < row["R@1"] <= 1 for row in measured.values())
    with np.load(tmp_path / "run" / "codes.npz") as codes:
        assert set(codes["query_ids"]) == set(codes["database_ids"])


def test_a_subset_is_trained_on_alone(tmp_path, pictures, capsys, small_network, eager_training):
    flags = ["--data-dir", str(pictures), "--classes", "2", "--per-class", "4"]
    assert run(tmp_path / "run", *flags, "--networks", "resnet18") == 0
    printed = capsys.readouterr().out
    assert "8 training pictures" in printed and "2 classes" in printed and "a subset" in printed


def test_a_network_with_weights_at_hand_is_the_usual_start(monkeypatch):
    usual = folder_triplet.Config.usual_settings({"data_dir"})
    config = folder_triplet.Config(**usual)
    assert (config.weights, config.training, config.image_size) == ("imagenet", "frozen", 224)
    assert set(config.hash_input) == {"features", "probabilities"}
    for given in ("weights", "networks", "width"):
        assert folder_triplet.Config.usual_settings({given}) == {}
    monkeypatch.setattr(folder_triplet, "LITE0", "no-such-package")
    assert folder_triplet.Config.usual_settings({"data_dir"}) == {}


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--networks", "resnet18+box"], "nobody gives an encoder true boxes"),
        (
            ["--networks", "resnet18+box", "resnet18"],
            "has no true boxes: leave --networks resnet18",
        ),
        (["--training", "given"], "needs a file of a trained classifier"),
        (["--training", "given", "--weights", "a.pth"], "take --protocol paper"),
        (["--training", "frozen", "--networks", "resnet18_i"], "which is the identity"),
        (["--training", "frozen", "--networks", "resnet18", "--table", "1"], "--table-networks"),
        (["--networks", "resnet18+sideways"], "followed by nothing, +crop, +box, +whole+crop"),
        (["--temperature", "0"], "--temperature must be positive"),
        (["--linear-c", "-1"], "--linear-c must be positive"),
        (["--fine-tune-rate", "nan"], "--fine-tune-rate must be finite"),
        (["--fine-tune-epochs", "1"], "--fine-tune-epochs must be at least 2"),
        (["--dropout", "1"], "--dropout must be in"),
        (["--hash-input", "features", "features"], "--hash-input names one twice"),
    ],
)
def test_settings_of_networks_with_weights_are_checked_at_the_door(
    tmp_path, pictures, capsys, flags, message
):
    argv = ["--data-dir", str(pictures), "--weights", "none", *flags]
    assert run(tmp_path / "run", *argv) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ") and message in error
