"""The files of instance retrieval that another program uses."""

import numpy as np

from recipes.instance.descriptors import describe
from recipes.instance.export import export
from recipes.instance.search import DESCRIPTOR, search
from tfretrieval.models import load_model


def test_descriptors_stand_beside_their_ids_and_the_model_gives_them(before):
    run = before.run
    found = search(run, "before", DESCRIPTOR, before.encoder)
    export(run, before.encoder, found)
    arrays = run.folder.read_arrays("descriptors")
    assert arrays["drawn/query_ids"].tolist() == ["3-000.png", "3-001.png", "3-002.png"]
    model = load_model(run.folder / "model.keras")
    again = describe(run.config, model, run.data.benchmarks[0].database, 24)
    np.testing.assert_allclose(again, arrays["drawn/database"], atol=1e-6)
