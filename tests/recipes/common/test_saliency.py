"""The table of small maps of a run; what is kept by it is tested with the triplet recipes."""

import numpy as np
import pytest
import tensorflow as tf

from data_pipelines import saliency_shards
from recipes.center.settings import CenterSettings
from recipes.common import networks, saliency
from tests.recipes.opening import opened
from tests.recipes.pictures import write_folder
from tfretrieval.run_folder import RunFolderError
from tfretrieval.saliency import Localizer


@pytest.fixture
def run(tmp_path, monkeypatch, small_network):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    config = CenterSettings(
        **{"dataset": "folder", "data_dir": str(write_folder(tmp_path / "pictures"))},
        **{"image_size": 32, "width": 8, "weights": "none", "batch_size": 8},
    )
    return opened(config, tmp_path / "run")


def test_a_shared_table_is_looked_up_by_the_next_run(run, tmp_path, monkeypatch):
    localizer = Localizer(networks.backbone("resnet18", run.config))
    table = saliency.look(run, localizer, shared=True)
    assert len(table) == len(run.data.records)
    other = opened(run.config, tmp_path / "other")
    monkeypatch.setattr(Localizer, "__call__", None)
    again = saliency.look(other, localizer, shared=True)
    np.testing.assert_array_equal(again.maps, table.maps)
    view = saliency.view(localizer, again, 0.4, "box")
    assert view.boxes is not None and view.masks is None and view.localizer is localizer


def test_a_run_keeps_to_its_saliency_network(run):
    saliency.look(run, Localizer(networks.backbone("resnet18", run.config)))
    tf.keras.utils.set_random_seed(1)
    with pytest.raises(RunFolderError, match="another saliency network"):
        saliency.look(run, Localizer(networks.backbone("resnet18", run.config)))


def test_beam_makes_the_table_where_the_settings_say_so(run, monkeypatch):
    def by_beam(*told):
        raise ByBeam(told[-1])

    monkeypatch.setattr(saliency_shards, "look_by_beam", by_beam)
    localizer = Localizer(networks.backbone("resnet18", run.config))
    with pytest.raises(ByBeam, match="^FlinkRunner --flink_master=HOST:8081$"):
        saliency.look(run.with_config(beam="FlinkRunner --flink_master=HOST:8081"), localizer)


class ByBeam(Exception):
    """The pass went to Beam, with these options."""
