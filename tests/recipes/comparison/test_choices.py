"""Choices are made on held-out training pictures, or classes where the queries' are unseen."""

import dataclasses

import numpy as np

from recipes import compare
from recipes.comparison import choices
from recipes.comparison.methods import METHODS, RATES
from tests.recipes.comparison.tiny import CONFIG
from tests.recipes.opening import opened


def test_tries_every_value_at_the_first_rate_and_the_best_at_the_others(compared):
    for seed in (0, 1):
        with np.load(compared / f"seed-{seed}/choice/features/dsh.npz") as file:
            values = METHODS["dsh"].values
            assert file["values"][: len(values)].tolist() == list(values)
            best = values[int(file["figures"][: len(values)].argmax())]
            assert file["values"][len(values) :].tolist() == [best] * (len(RATES) - 1)
            assert file["rates"][len(values) :].tolist() == list(RATES[1:])


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
