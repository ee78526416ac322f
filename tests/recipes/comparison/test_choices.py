"""Choices are made on held-out training pictures, or classes where the queries' are unseen."""

import dataclasses

import numpy as np
import pytest

from recipes import compare
from recipes.comparison import choices
from recipes.comparison.methods import METHODS, RATES, TRIALS
from recipes.comparison.training import Diverged
from tests.recipes.comparison.tiny import CONFIG, TASK
from tests.recipes.opening import opened


def test_every_trial_is_a_line_of_a_file(compared):
    for seed in (0, 1):
        with np.load(compared / f"seed-{seed}/choice/features/dsh.npz") as file:
            values = METHODS["dsh"].values
            assert file["values"][: len(values)].tolist() == list(values)
            best = values[int(file["figures"][: len(values)].argmax())]
            others = slice(len(values), len(values) + len(RATES) - 1)
            assert file["values"][others].tolist() == [best] * (len(RATES) - 1)
            assert file["rates"][others].tolist() == list(RATES[1:])
            assert len(file["figures"]) <= TRIALS


def choose_with(train, monkeypatch, folder, pictures):
    """What is chosen for the contrastive loss, where training is something else."""
    config = dataclasses.replace(CONFIG, data_dir=str(pictures), held_out=0.25)
    run = choices.opened_for_choices(opened(config, folder))
    monkeypatch.setattr(choices, "train", train)
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    monkeypatch.setattr(choices, "held_out_map", lambda code, data: float(code))
    return choices.choose(run, "contrastive", "features", TASK)


def test_what_diverges_takes_nothing_beside_it_along(tmp_path, comparison_pictures, monkeypatch):
    def train(method, wanted, rate, task, config):
        if any(one.value > 8 for one in wanted):
            raise Diverged("too far")
        return [one.value / 100 for one in wanted]

    found = choose_with(train, monkeypatch, tmp_path, comparison_pictures)
    assert found.best.value == 8
    assert {trial.value for trial, figure in found.figures.items() if figure != figure} == {16, 32}


def test_what_always_diverges_is_told(tmp_path, comparison_pictures, monkeypatch):
    def train(*arguments):
        raise Diverged("too far")

    with pytest.raises(Diverged, match="contrastive diverged at every rate: leave it out"):
        choose_with(train, monkeypatch, tmp_path, comparison_pictures)


def test_what_is_held_out_is_neither_trained_on_nor_asked(comparison_pictures, tmp_path):
    config = dataclasses.replace(CONFIG, data_dir=str(comparison_pictures), held_out=0.25)
    run = opened(config, tmp_path / "run")
    data = choices.opened_for_choices(run).data
    assert len(data.held_out) and not np.intersect1d(data.held_out, data.fit).size
    assert not np.intersect1d(data.held_out, data.query).size


def test_where_the_queries_are_of_unseen_classes_classes_are_held_out(tmp_path):
    from tests.recipes.pictures import write_folder

    pictures = write_folder(tmp_path / "pictures", classes=8, train=4, test=2)
    settings = {"data_dir": str(pictures), "split": "zero_shot"}
    run = opened(dataclasses.replace(CONFIG, **settings), tmp_path / "run")
    data = choices.opened_for_choices(run).data
    labels = data.records.labels
    assert len(np.unique(labels[data.held_out])) == 2
    assert not np.intersect1d(labels[data.held_out], labels[data.fit]).size
    # They search each other, and nothing else.
    codes = np.eye(8, dtype=np.float32)[labels] * 2 - 1
    assert choices.held_out_map(codes, data) == 1.0


def test_of_nothing_tried_the_middle_value_stands():
    assert choices.set_beforehand("contrastive").best.value == 16.0
    assert choices.set_beforehand("cross_entropy").best.rate == RATES[0]
    assert compare.Config().choose
