"""Behind a frozen network: its features give what its pictures give, and are looked at once."""

import numpy as np
import pytest

from recipes.instance import pooled
from recipes.instance.descriptors import describe
from recipes.instance.starting_weights import starting_weights
from recipes.instance.tuple_training import behind, descriptor_network, train
from tests.recipes.instance.tiny import open_tiny, small_world
from tfretrieval.models import multi_scale


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pooled")
    with pytest.MonkeyPatch.context() as patch:
        small_world(patch)
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        # The tiny network takes any weights: nothing is fetched.
        frozen = {"training": "frozen", "weights": "imagenet"}
        yield open_tiny(folder / "run", **frozen, losses=("lrml",))


@pytest.fixture(scope="module")
def starting(run):
    return starting_weights(run)


@pytest.fixture(scope="module")
def seen(run, starting):
    return pooled.look(run, descriptor_network(run, starting))


def test_before_training_descriptors_are_those_of_the_network_alone(run, starting, seen):
    records = run.data.train.records
    encoder = descriptor_network(run, starting, seen)
    alone = descriptor_network(run.with_config(training="full"), starting)
    expected = describe(run.config, alone, records, 24)
    found = describe(run.config, encoder, records, 24, seen=seen)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_pictures_give_what_features_gave_after_training(run, starting, seen):
    encoder = descriptor_network(run, starting, seen)
    history = train(run, "lrml", encoder, seen)
    assert len(history["loss"]) == 2
    kernel = encoder.get_layer("projection").get_weights()[0]
    assert np.abs(kernel - np.eye(len(kernel))).max() > 1e-3
    whole = behind(run, starting, encoder)
    [benchmark] = run.data.benchmarks
    for records, boxes in (
        (benchmark.queries, benchmark.queries.boxes),
        (benchmark.database, None),
    ):
        for ours, theirs in ((encoder, whole), (seen.multi_scale(encoder), multi_scale(whole))):
            found = describe(run.config, ours, records, 24, boxes, seen=seen)
            expected = describe(run.config, theirs, records, 24, boxes)
            np.testing.assert_allclose(found, expected, atol=1e-5)


def test_pictures_are_looked_at_once(run, seen, monkeypatch):
    records = run.data.train.records
    first = seen.of(records, 24)
    monkeypatch.setattr("recipes.instance.descriptors.describe", None)
    np.testing.assert_array_equal(seen.of(records, 24), first)
    with pytest.raises(TypeError):
        seen.of(records, 16)


def test_a_network_that_is_trained_has_none(before):
    assert pooled.look(before.run, before.encoder) is None
