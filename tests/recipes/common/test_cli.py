import os
import subprocess
import sys

import pytest
import tensorflow as tf

from recipes import cub_triplet, folder_triplet
from recipes.common.cli import ConfigError, main


def status_and_error(capsys, argv, run=lambda config, folder: "done", config=folder_triplet.Config):
    status = main(config, run, lambda config, run_dir, seeds: "seeds", "about", argv)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def seen(argv, config=folder_triplet.Config):
    """The configuration that a command line gives."""
    configs = []
    main(config, lambda c, f: configs.append(c) or "", lambda *a: "", "about", argv)
    return configs[0]


def test_every_field_is_a_flag(tmp_path):
    config = seen(
        ["--run-dir", str(tmp_path), "--bits", "16", "--margins", "1", "2", "--mixed-precision"]
        + ["--data-dir", "x", "--networks", "resnet18_i", "--beta", "0.25"]
    )
    assert (config.bits, config.margins, config.mixed_precision) == (16, (1.0, 2.0), True)
    assert (config.networks, config.beta) == (("resnet18_i",), 0.25)
    assert config.data_dir == os.path.abspath("x")
    assert config.epochs == folder_triplet.Config().epochs


def test_a_threshold_is_a_number_or_a_word(tmp_path):
    for text, value in {"0.3": 0.3, "mean": "mean"}.items():
        assert seen(["--run-dir", str(tmp_path), "--alpha", text]).alpha == value


def test_demo_changes_defaults_and_flags_go_first(tmp_path):
    argv = ["--demo", "--epochs", "3", "--run-dir", str(tmp_path)]
    config = seen(argv, cub_triplet.Config)
    assert config == cub_triplet.Config(**{**cub_triplet.Config.demo_settings(), "epochs": 3})


@pytest.mark.parametrize(
    "argv, message",
    [
        (["--bits", "0"], "--bits must be at least 1"),
        (["--bits", "-8"], "--bits must be at least 1"),
        (["--beta", "0"], r"--beta must be in (0, 1]"),
        (["--beta", "1.1"], r"--beta must be in (0, 1]"),
        (["--held-out", "0"], "--held-out must be in"),
        (["--margins", "-1"], "must not be negative"),
        (["--margins", "1", "1.0000001"], "names a margin twice"),
        (["--seed", "4294967296"], "--seed must be in"),
        (["--seed", "-1"], "--seed"),
        (["--seeds", "0"], "--seeds must be at least 1"),
        (["--remine", "0"], "--remine"),
        (["--learning-rate", "0"], "--learning-rate must be positive"),
        (["--networks", "resnet18", "resnet18"], "names a network twice"),
        (["--alpha", "0"], "--alpha must lie between 0"),
        (["--alpha", "1"], "--alpha must lie between 0"),
        (["--alpha", "median"], "or be mean, got median"),
    ],
)
def test_a_bad_setting_is_one_line_and_status_2(capsys, tmp_path, argv, message):
    status, out, err = status_and_error(capsys, [*argv, "--run-dir", str(tmp_path / "run")])
    assert status == 2 and out == ""
    assert err.startswith("error: ") and message in err and err.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_an_unknown_choice_is_refused_by_name(capsys):
    with pytest.raises(SystemExit) as stop:
        status_and_error(capsys, ["--networks", "resnet50"])
    assert stop.value.code == 2 and "resnet18_i" in capsys.readouterr().err


def test_another_configuration_in_the_folder_is_status_2(capsys, tmp_path):
    def one_step(config, folder):
        folder.step("step", lambda: {"x": 1})
        return "done"

    run_dir = ["--run-dir", str(tmp_path / "run")]
    assert status_and_error(capsys, run_dir, one_step)[0] == 0
    status, _, err = status_and_error(capsys, [*run_dir, "--bits", "8"])
    assert status == 2 and "bits is 64 there, 8 here" in err


def test_out_of_memory_names_a_batch_size_to_try(capsys, tmp_path):
    def run(config, folder):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating\na tensor")

    argv = ["--batch-size", "64", "--run-dir", str(tmp_path / "run")]
    status, _, err = status_and_error(capsys, argv, run)
    assert status == 2 and "--batch-size 32" in err and err.count("\n") == 1


def test_a_folder_that_cannot_be_written_is_one_line(capsys, tmp_path):
    (tmp_path / "file").write_text("")
    argv = ["--run-dir", str(tmp_path / "file" / "run")]

    def run(config, folder):
        folder.write_text("a", "")

    status, _, err = status_and_error(capsys, argv, run)
    assert status == 2 and "file" in err and err.count("\n") == 1


def test_ctrl_c_is_status_130_without_traceback(capsys, tmp_path):
    def run(config, folder):
        raise KeyboardInterrupt

    status, _, err = status_and_error(capsys, ["--run-dir", str(tmp_path / "run")], run)
    assert status == 130 and "continues" in err


def test_a_bug_keeps_its_traceback(tmp_path):
    def run(config, folder):
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        main(folder_triplet.Config, run, run, "about", ["--run-dir", str(tmp_path / "run")])


@pytest.mark.parametrize(
    "recipe",
    ["cub_triplet", "dogs_triplet", "folder_triplet", "saliency_sheet", "saliency_remedies"],
)
def test_help_does_not_start_tensorflow(recipe):
    script = (
        f"import sys, runpy; sys.argv = ['{recipe}', '--help']\n"
        f"try: runpy.run_module('recipes.{recipe}', run_name='__main__')\n"
        "except SystemExit as stop: code = stop.code\n"
        "sys.exit(code or 'tensorflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0 and "--bits" in done.stdout and "python -m" in done.stdout


def test_settings_are_checked_in_python_too():
    with pytest.raises(ConfigError, match="--bits"):
        cub_triplet.Config(bits=0)
