"""Tiny pictures, tiny networks, and a row that is trained once for all of these tests."""

import types

import pytest

from recipes.sketch import center_codes, features, sketch_result, training
from tests.recipes.sketch.tiny import open_tiny, small_networks, write_table


@pytest.fixture(scope="session")
def table(tmp_path_factory):
    return write_table(tmp_path_factory.mktemp("pictures"))


@pytest.fixture
def tiny_networks(monkeypatch):
    small_networks(monkeypatch)


@pytest.fixture(scope="session")
def row(table, tmp_path_factory):
    """MEMS on domain-aware gates: all that the command makes of one row."""
    with pytest.MonkeyPatch.context() as patch:
        small_networks(patch)
        run = open_tiny(table, tmp_path_factory.mktemp("run"), losses=("mems",), gates=("dase",))
        model, history = training.train(run, "mems", "dase", training.Seen())
        encoder = training.encoder_of(model)
        found = features.embed(run, "mems+dase", encoder)
        centers = training.class_centers("mems", model, found, run.data)
        codes = center_codes.fit_codes(run, "mems+dase", centers)
        result = sketch_result.measure_row(run, "mems", "dase", history, encoder, found, codes)
    return types.SimpleNamespace(
        run=run, model=model, encoder=encoder, features=found, centers=centers, codes=codes,
        result=result,
    )  # fmt: skip
