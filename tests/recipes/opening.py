"""Runs whose data are open, for tests of what stands behind the door."""

from recipes.common import session
from recipes.common.data import open_data
from recipes.common.opened import Opened
from tfretrieval.run_folder import RunFolder


def opened(config, path, share=0.0):
    folder = RunFolder(path, config)
    strategy = session.start(config)
    data = open_data(config, folder, share)
    session.record(config, folder)
    return Opened(config, data, folder, strategy)
