import numpy as np

from recipes.center.plane import planes
from recipes.center.settings import CenterSettings
from tests.recipes.opening import opened
from tests.recipes.pictures import write_folder


def test_few_classes_pass_through_two_features_in_a_run_of_their_own(tmp_path, small_network):
    pictures = write_folder(tmp_path / "pictures")
    sizes = {"dataset": "folder", "image_size": 16, "width": 4, "weights": "none"}
    few = {"plane_classes": 2, "plane_epochs": 1, "losses": ("center",)}
    config = CenterSettings(data_dir=str(pictures), batch_size=8, **sizes, **few)
    run = opened(config, tmp_path / "run")
    ((loss, (features, labels, centers)),) = planes(run).items()
    assert loss == "center"
    assert features.shape == (16, 2) and centers.shape == (2, 2)
    assert np.bincount(labels).tolist() == [8, 8]
    assert (run.folder / "plane/center/features.npz").exists()
    # What the run itself is trained on stays.
    assert run.data.num_classes == 3 and run.config.epochs == CenterSettings().epochs
