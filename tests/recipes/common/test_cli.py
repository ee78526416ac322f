import dataclasses
import errno
import json
import os
import sys

import pytest
import tensorflow as tf

from recipes import cub_triplet, folder_triplet
from recipes.common.cli import ConfigError, main
from recipes.common.recipe import Recipe


def recipe_of(load):
    """A recipe that ends where its data are opened."""
    return Recipe(load=load, run=lambda run: None, compose=lambda run, results: None)


class Opened(BaseException):
    pass


def status_and_error(capsys, argv, load=None, config=folder_triplet.Config):
    def end(config, folder):
        raise ConfigError("opened")

    status = main(recipe_of(load or end), config, "about", argv)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def seen(argv, config=folder_triplet.Config):
    """The configuration that a command line gives."""
    configs = []

    def load(config, folder):
        configs.append(config)
        raise Opened

    with pytest.raises(Opened):
        main(recipe_of(load), config, "about", argv)
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
        (["--margin", "-1"], "--margin must not be negative"),
        (["--gap-target", "-1"], "--gap-target must not be negative"),
        (["--margins", "1", "1.0000001"], "names a margin twice"),
        (["--seed", "4294967296"], "--seed must be in"),
        (["--seed", "-1"], "--seed"),
        (["--beam=-x"], "begin with the name of a runner"),
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
        status_and_error(capsys, ["--protocol", "guess"])
    assert stop.value.code == 2 and "held_out" in capsys.readouterr().err


def test_an_unknown_network_is_refused_by_name(capsys):
    status, _, error = status_and_error(capsys, ["--networks", "resnet34"])
    assert status == 2 and "--networks resnet34: must be resnet18, resnet18_i" in error


def test_another_configuration_in_the_folder_is_status_2(capsys, tmp_path):
    def one_step(config, folder):
        folder.step("step", lambda: {"x": 1})
        raise ConfigError("done")

    run_dir = ["--run-dir", str(tmp_path / "run")]
    assert "done" in status_and_error(capsys, run_dir, one_step)[2]
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
        main(recipe_of(run), folder_triplet.Config, "about", ["--run-dir", str(tmp_path / "run")])


@pytest.mark.parametrize(
    "error, message",
    [
        (OSError(errno.ENOSPC, "No space left on device"), "no space is left on the disk: free"),
        (OSError(errno.ENOSPC, "No space", "/a/b"), "no space is left on the disk for /a/b"),
        (OSError("can't write"), "can't write"),
        (FloatingPointError("training diverged in epoch 3"), "in epoch 3: lower --learning-rate"),
    ],
)
def test_what_the_machine_or_the_numbers_refuse_is_one_line(capsys, tmp_path, error, message):
    def run(config, folder):
        raise error

    status, _, err = status_and_error(capsys, ["--run-dir", str(tmp_path / "run")], run)
    assert status == 2 and message in err and err.count("\n") == 1


def test_a_folder_that_tensorflow_reads_as_a_pattern_is_refused(capsys, tmp_path):
    status, _, err = status_and_error(capsys, ["--run-dir", str(tmp_path / "run[1]")])
    assert status == 2 and "--run-dir must not hold any of" in err


def test_a_report_is_printed_whatever_the_terminal_writes(capsys, monkeypatch, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    config = dataclasses.asdict(folder_triplet.Config())
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "report.md").write_text("caf\u00e9 \u9ce5")
    monkeypatch.setattr(type(sys.stdout), "encoding", "ascii", raising=False)
    argv = ["--run-dir", str(folder)]
    assert main(recipe_of(None), folder_triplet.Config, "about", argv) == 0
    assert capsys.readouterr().out == "caf\\xe9 \\u9ce5\n"


def test_settings_are_checked_in_python_too():
    with pytest.raises(ConfigError, match="--bits"):
        cub_triplet.Config(bits=0)
