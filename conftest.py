import os

import pytest

# On a processor without AVX-512 oneDNN, which recipes switch on, writes beyond its memory in the
# gradient of a convolution of maps as small as those of the tests (docs/how_to/stacks.md).
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import tensorflow as tf  # noqa: E402

# As recipes run on a CPU: the same seed gives the same bits. Test processes share the cores.
tf.config.experimental.enable_op_determinism()
tf.config.threading.set_intra_op_parallelism_threads(1)


def pytest_addoption(parser):
    parser.addoption("--screenshots", help="folder in which tests of pages keep what they saw")


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    """Nothing that a test keeps is found by the next run of the tests, or by a person."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def fixed_seed():
    tf.keras.utils.set_random_seed(0)
