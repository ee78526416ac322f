"""Every setting of the training changes the descriptors; batch normalisation keeps its own."""

import dataclasses
import types

import numpy as np
import pytest

from recipes.instance import pooled
from recipes.instance.descriptors import describe
from recipes.instance.margins import Margins
from recipes.instance.starting_weights import starting_weights
from recipes.instance.tuple_training import descriptor_network, objective, train, wrong_margins
from tests.recipes.instance.tiny import open_tiny, small_world
from tests.recipes.replicas import check_resumes


@pytest.fixture(scope="module")
def seen(before):
    """What the network before training says of pictures, as if it were frozen."""
    # The tiny network takes any weights: nothing is fetched.
    run = before.run.with_config(training="frozen", weights="imagenet")
    with pytest.MonkeyPatch.context() as patch:
        small_world(patch)
        return pooled.look(run, descriptor_network(run, before.starting))


@pytest.fixture(scope="module")
def usual():
    """Loss -> descriptors after a training with the usual settings."""
    return {}


@pytest.fixture
def trained(tmp_path, tiny_world, usual, seen, eager_training):
    """Descriptors of held-out pictures after the training by one loss behind a frozen network."""

    def described(loss, **settings):
        if not settings and loss in usual:
            return usual[loss]
        frozen = {"training": "frozen", "weights": "imagenet", "losses": (loss,)}
        run = open_tiny(tmp_path / str(settings), **frozen, **settings)
        encoder = descriptor_network(run, [], seen)
        train(run, loss, encoder, seen)
        found = encoder(seen.of(run.data.val.records, 24)[:, :1, None]).numpy()
        if not settings:
            usual[loss] = found
        return found

    return described


@pytest.mark.parametrize(
    "loss, settings",
    [
        ("contrastive", {"margin": 0.5}),
        ("contrastive", {"margin_quantile": 0.9}),
        ("lrml", {"delta": 0.2}),
        ("lrml-all", {"ranking": 1.0}),
        ("triplet", {"triplet_margin": 0.001}),
        ("contrastive", {"negatives": 2}),
        ("contrastive", {"negatives_from": "easy"}),
        ("contrastive", {"queries": 3}),
        ("contrastive", {"pool": 20}),
        ("contrastive", {"weight_decay": 1.0}),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_every_flag_changes_the_descriptors(trained, loss, settings):
    before, after = trained(loss), trained(loss, **settings)
    assert np.abs(before - after).max() > 1e-6


def test_flags_change_what_is_learned_from_pictures(tmp_path, tiny_world, before, eager_training):
    found = []
    for settings in ({}, {"ranking": 1.0}, {"negatives_from": "easy"}):
        run = open_tiny(tmp_path / str(settings), losses=("lrml",), epochs=1, **settings)
        encoder = descriptor_network(run, before.starting)
        train(run, "lrml", encoder)
        found.append(describe(run.config, encoder, run.data.val.records, 24))
    for other in found[1:]:
        assert np.abs(found[0] - other).max() > 1e-6


@pytest.mark.parametrize(
    "settings", [{"pooling": "spoc"}, {"pretraining": 2}], ids=lambda value: next(iter(value))
)
def test_flags_of_the_network_before_training_change_its_descriptors(
    tmp_path, tiny_world, before, settings, eager_training
):
    run = open_tiny(tmp_path, **settings)
    start = starting_weights(run) if "pretraining" in settings else before.starting
    usual, other = (
        describe(run.config, encoder, run.data.val.records, 24)
        for encoder in (before.encoder, descriptor_network(run, start))
    )
    assert np.abs(usual - other).max() > 1e-6


@pytest.fixture(scope="module")
def beyond(tmp_path_factory, before):
    """A training on pictures by a margin beyond all distances."""
    with pytest.MonkeyPatch.context() as patch:
        small_world(patch)
        folder = tmp_path_factory.mktemp("beyond")
        run = open_tiny(folder, losses=("contrastive",), margin=1.4)
        encoder = descriptor_network(run, before.starting)
        with pytest.warns(UserWarning, match="every hinge is active") as told:
            history = train(run, "contrastive", encoder)
    return types.SimpleNamespace(encoder=encoder, history=history, told=told)


def test_a_margin_that_nothing_reaches_is_warned_of_once(beyond):
    assert len([x for x in beyond.told if "hinge" in str(x.message)]) == 1
    np.testing.assert_array_equal(beyond.history["active_hinges"], [1, 1])


def test_batch_normalisation_keeps_the_statistics_of_the_starting_network(beyond, before):
    now = beyond.encoder.get_weights()
    assert np.abs(now[0] - before.starting[0]).max() > 1e-6
    for one, other in zip(
        beyond.encoder.get_layer("map").get_weights(), before.starting[-4:], strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_margins_over_all_negatives_fill_the_range_of_the_mined_ones(before):
    # Three mined negatives: margins 0.85, 0.9 and 0.95, and five from 0.85 to 0.95.
    config, margins = before.run.config, Margins(0.6, 0.85, 0.05, 0.1)
    assert objective("lrml-all", 5, config, margins).delta == pytest.approx(0.025)
    assert objective("lrml", 3, config, margins).delta == pytest.approx(0.05)
    assert objective("lrml", 3, config, margins).margin == 0.85
    assert objective("contrastive", 3, config, margins).margin == 0.6
    assert objective("triplet", 3, config, margins).margin == 0.1


def test_hinges_of_no_use_are_told():
    assert wrong_margins("lrml", 0.5) is None
    assert "no hinge" in wrong_margins("lrml", 0.0) and "every hinge" in wrong_margins("lrml", 1.0)


def train_on(strategy, folder):
    """Weights after a training on these replicas, from random numbers."""
    with pytest.MonkeyPatch.context() as patch:
        small_world(patch)
        run = dataclasses.replace(open_tiny(folder, batch_size=2), strategy=strategy)
        random = np.random.default_rng(0)
        shapes = [(3, 3, 3, 6), (6,), (6,), (6,), (6,), (6,)]
        start = [random.uniform(0.1, 1, shape).astype(np.float32) for shape in shapes]
        encoder = descriptor_network(run, start)
        train(run, "contrastive", encoder)
    return encoder.get_weights()


def test_resumed_on_two_replicas_it_equals_a_training_that_was_never_killed(tmp_path):
    check_resumes(train_on, tmp_path)
