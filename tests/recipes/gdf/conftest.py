import pytest

from recipes import gdf
from tests.recipes.gdf.tiny import settings
from tests.recipes.opening import opened
from tests.recipes.pictures import write_folder


@pytest.fixture(scope="session")
def gdf_pictures(tmp_path_factory):
    return write_folder(tmp_path_factory.mktemp("pictures"))


@pytest.fixture
def run(gdf_pictures, tmp_path, small_network):
    """A run whose data are open, on a network of one convolution."""
    return opened(settings(gdf_pictures), tmp_path / "run")


@pytest.fixture
def starting(run):
    return gdf.start.starting_weights(run)


@pytest.fixture
def start(starting):
    return gdf.start.Start(starting)
