"""Stage 2 of a run: every head on the same features, for the epochs that were chosen."""

import numpy as np
import pytest

from recipes import triplet
from recipes.folder_triplet import Config
from tests.recipes.opening import opened

pytestmark = pytest.mark.usefixtures("eager_training")


def test_every_head_is_a_file_and_trains_for_its_own_epochs(triplet_pictures, tmp_path, capsys):
    config = Config(
        data_dir=str(triplet_pictures),
        bits=4,
        margins=(1.0,),
        hash_epochs=4,
        remine=2,
        batch_size=8,
    )
    run = opened(config, tmp_path / "run")
    features = np.random.default_rng(0).standard_normal((36, 5)).astype(np.float32)
    heads = triplet.heads.train_all(run, "resnet18", features, {"fixed-1": 2})
    assert list(heads) == [
        "cross-entropy", "fixed-1", "fixed-1-squared", "adaptive-mined", "adaptive-batch",
        "adaptive-all_pairs",
    ]  # fmt: skip
    last = {label: int(head["history_epoch"][-1]) for label, head in heads.items()}
    assert last.pop("fixed-1") == 2 and set(last.values()) == {4}
    assert all((run.folder / f"resnet18/{label}.npz").exists() for label in heads)
    capsys.readouterr()
    again = triplet.heads.train_all(run, "resnet18", features, {"fixed-1": 2})
    assert capsys.readouterr().out == ""
    np.testing.assert_array_equal(again["fixed-1"]["codes"], heads["fixed-1"]["codes"])
