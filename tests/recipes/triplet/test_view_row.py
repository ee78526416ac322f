"""A row of table 2."""

import pytest

from data_pipelines.view import WHOLE
from recipes.folder_triplet import Config
from recipes.triplet.view_row import CODES, measure_view
from tests.recipes.opening import opened

pytestmark = pytest.mark.usefixtures("eager_training")


def test_a_network_on_a_view_has_two_codes_at_the_length_of_the_settings(
    triplet_pictures, tmp_path, small_network
):
    config = Config(
        data_dir=str(triplet_pictures), image_size=32, width=4, epochs=1, batch_size=8, bits=6,
        hash_epochs=2, remine=2,
    )  # fmt: skip
    run = opened(config, tmp_path / "run", config.held_out)
    row = measure_view(run, "resnet18+0.4", WHOLE)
    assert list(row.rows) == list(CODES)
    assert row.figures["mAP, adaptive triplet"] == row.rows[CODES[1]].figures["mAP"]
    assert row.figures["R@1, adaptive triplet"] == row.rows[CODES[1]].figures["R@1"]
    assert 0 < row.figures["mAP held out"] == row.held_out_map
    files = {str(file.relative_to(run.folder.path)) for file in run.folder.path.rglob("*.npz")}
    assert files == {
        f"resnet18+0.4/{name}.npz"
        for name in ("stage1", "features", "cross-entropy-6", "adaptive-mined-6")
    }
    # Another length trains no network anew.
    measure_view(run.with_config(bits=8), "resnet18+0.4", WHOLE)
    assert (run.folder / "resnet18+0.4/adaptive-mined-8.npz").exists()
