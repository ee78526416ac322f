import numpy as np
import pytest
import tensorflow as tf

from recipes import gdf
from recipes.common.cli import ConfigError
from recipes.gdf.settings import GdfSettings
from recipes.gdf.start import network
from tests.recipes.gdf.tiny import settings

pytestmark = pytest.mark.usefixtures("eager_training")


def test_a_layer_that_there_is_not_is_one_line(small_network):
    config = settings("pictures", layer="mixed99")
    with pytest.raises(ConfigError, match="^--layer mixed99: no map of resnet18, .* ends in map$"):
        network(config)


@pytest.mark.parametrize(
    "name, size, layer, shape",
    [
        ("resnet18", 96, None, (None, 6, 6, 256)),
        ("resnet18", 96, "stage4_block2_out", (None, 3, 3, 512)),
    ],
)
def test_the_network_ends_before_its_last_stage(name, size, layer, shape):
    model = network(GdfSettings(backbone=name, image_size=size, layer=layer, weights="none"))
    assert model.output_shape == shape


def test_the_layer_of_inception_is_the_one_of_the_authors():
    model = network(GdfSettings(image_size=299, weights="none"))
    # Mixed_6e: the fourth block of 17 x 17 cells after the reduction, with 192 channels inside.
    assert model.layers[-1].name == "mixed7" and model.output_shape == (None, 17, 17, 768)
    inside = [x for x in model.layers[-40:] if isinstance(x, tf.keras.layers.Conv2D)]
    assert {layer.filters for layer in inside[-10:]} == {192}


def test_without_weights_a_classifier_of_the_training_pictures_comes_first(run, starting):
    for ours, plain in zip(starting, network(run.config).get_weights(), strict=True):
        assert ours.shape == plain.shape
    taught = gdf.start.starting_weights(run.with_config(pretraining=1))
    assert np.abs(taught[0] - starting[0]).max() > 1e-4
    assert (run.folder / "start/stage1.npz").exists()
    started = gdf.start.started(taught, run.config)
    np.testing.assert_array_equal(started.get_weights()[0], taught[0])
