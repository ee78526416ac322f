"""The files of instance retrieval that another program uses."""

import numpy as np
import pytest

from recipes.instance.descriptors import describe
from recipes.instance.export import export
from recipes.instance.search import DESCRIPTOR, search
from tfretrieval.encoders import DescriptorEncoder, encoder_of_run
from tfretrieval.models import load_model

pytestmark = pytest.mark.usefixtures("all_files")


def test_descriptors_stand_beside_their_ids_and_the_model_gives_them(before):
    run = before.run
    found = search(run, "before", DESCRIPTOR, before.encoder)
    export(run, before.encoder, found)
    arrays = run.folder.read_arrays("descriptors")
    assert arrays["drawn/query_ids"].tolist() == ["3-000.png", "3-001.png", "3-002.png"]
    model = load_model(run.folder / "model.keras")
    again = describe(run.config, model, run.data.benchmarks[0].database, 24)
    np.testing.assert_allclose(again, arrays["drawn/database"], atol=1e-6)


def test_files_are_described_as_the_run_did(before):
    run = before.run
    export(run, before.encoder, search(run, "before", DESCRIPTOR, before.encoder))
    encoder = encoder_of_run(str(run.folder.path), bits=4)
    database = run.data.benchmarks[0].database
    found = encoder.encode([database.read(index) for index in range(len(database))])
    expected = run.folder.read_arrays("descriptors")["drawn/database"]
    np.testing.assert_allclose(found.features, expected, atol=1e-5)
    assert isinstance(encoder, DescriptorEncoder) and found.packed is None
