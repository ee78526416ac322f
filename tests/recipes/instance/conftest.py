"""A tiny world, and the network before training, made once for all of these tests."""

import types

import pytest

from recipes.instance.held_out import look_at_held_out
from recipes.instance.starting_weights import starting_weights
from recipes.instance.tuple_training import descriptor_network
from tests.recipes.instance.tiny import open_tiny, small_world


@pytest.fixture
def tiny_world(monkeypatch):
    small_world(monkeypatch)


@pytest.fixture(scope="session")
def before(tmp_path_factory):
    """A run, its starting weights, and the network that has not met any tuple."""
    with pytest.MonkeyPatch.context() as patch:
        small_world(patch)
        run = open_tiny(tmp_path_factory.mktemp("before"))
        starting = starting_weights(run)
        encoder = descriptor_network(run, starting)
    held_out = look_at_held_out(run, "before", encoder)
    return types.SimpleNamespace(run=run, starting=starting, encoder=encoder, held_out=held_out)
