"""Heads on small features; every flag of stage 2 changes what comes out."""

import dataclasses

import numpy as np
import pytest

from recipes.common.cli import ConfigError
from recipes.common.heads import HeadTask, train_cross_entropy, train_triplet
from recipes.cub_triplet import Config
from tfretrieval.evaluation import hamming_retrieval
from tfretrieval.losses import AdaptiveTripletLoss, TripletLoss

pytestmark = pytest.mark.usefixtures("eager_training")

CONFIG = Config(bits=8, hash_epochs=6, remine=3, batch_size=10, hash_learning_rate=0.01)


def task(standardize=True):
    generator = np.random.default_rng(0)
    labels = np.arange(60, dtype=np.int32) % 4
    centers = generator.standard_normal((4, 12))
    features = (centers[labels] + generator.standard_normal((60, 12))).astype(np.float32)

    def evaluate(codes):
        query, database = slice(40, None), slice(None, 40)
        result = hamming_retrieval(codes[query], labels[query], codes[database], labels[database])
        return {"map": result.mean_average_precision}

    return HeadTask(features, labels, np.arange(40), 4, standardize, evaluate)


def adaptive(standardize=True, **settings):
    config = dataclasses.replace(CONFIG, **settings)
    return train_triplet(task(standardize), config, AdaptiveTripletLoss(), "mined")


@pytest.fixture(scope="module")
def base():
    return adaptive()


def test_history_starts_before_any_step_and_has_a_row_a_round(base):
    assert base["history_epoch"] == [0, 3, 6]
    assert np.isnan(base["history_gap"][0]) and np.isfinite(base["history_gap"][1:]).all()
    assert np.isfinite(base["history_margin1"]).all() and np.isfinite(base["history_map"]).all()


def test_training_opens_the_gap_and_lifts_the_map(base):
    assert base["history_gap"][-1] > base["history_gap"][1]
    assert base["history_map"][-1] > base["history_map"][0]


@pytest.mark.parametrize("standardize", [True, False])
def test_codes_are_those_of_kernel_and_bias_on_the_features_as_they_are(standardize):
    head = adaptive(standardize)
    expected = np.tanh(task().features @ head["kernel"] + head["bias"])
    np.testing.assert_allclose(head["codes"], expected, atol=1e-5)


def test_standardized_inputs_have_mean_0_and_variance_1_over_the_pictures_trained_on():
    inputs = task().inputs[:40]
    np.testing.assert_allclose(inputs.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(inputs.std(axis=0), 1, atol=1e-5)
    np.testing.assert_array_equal(task(False).inputs[:], task(False).features)


def test_the_same_seed_gives_the_same_bits(base):
    np.testing.assert_array_equal(adaptive()["codes"], base["codes"])


@pytest.mark.parametrize(
    "change",
    [
        {"bits": 12},
        {"hash_activation": "sigmoid"},
        {"hash_epochs": 3},
        {"hash_learning_rate": 0.02},
        {"remine": 2},
        {"beta": 0.1},
        {"batch_size": 20},
        {"seed": 1},
        {"standardize": False},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_flag_of_stage_2_changes_the_codes(base, change):
    codes = adaptive(**change)["codes"]
    assert codes.shape != base["codes"].shape or np.abs(codes - base["codes"]).max() > 1e-4


def test_gap_target_changes_the_share_above_it(base):
    assert adaptive(gap_target=0.5)["history_gaps_above"][-1] > base["history_gaps_above"][-1]


def test_all_heads_start_from_the_same_codes(base):
    heads = [
        train_triplet(task(), CONFIG, TripletLoss(1.0), "mined"),
        train_triplet(task(), CONFIG, AdaptiveTripletLoss("batch"), "mined"),
        train_triplet(task(), CONFIG, AdaptiveTripletLoss(), "all_pairs"),
        train_cross_entropy(task(), CONFIG, CONFIG.remine),
    ]
    assert {head["history_map"][0] for head in heads} == {base["history_map"][0]}
    codes = [head["codes"] for head in [base, *heads]]
    assert all(np.abs(a - b).max() > 1e-4 for i, a in enumerate(codes) for b in codes[i + 1 :])


def test_a_diverged_head_is_one_line():
    unmeasured = dataclasses.replace(task(), evaluate=lambda codes: {})
    config = dataclasses.replace(CONFIG, hash_learning_rate=1e38)
    with pytest.raises(ConfigError, match="--hash-learning-rate"):
        train_cross_entropy(unmeasured, config, config.remine)


def test_held_out_pictures_do_not_touch_the_training(base):
    changed = task()
    changed.labels[40:] = 0
    changed.features[40:] += 1
    head = train_triplet(changed, CONFIG, AdaptiveTripletLoss(), "mined")
    np.testing.assert_array_equal(head["kernel"], base["kernel"])
