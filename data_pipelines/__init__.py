"""From a data set's name to batches: `catalogue.load`, then the functions of `steps`.

Names load on first use, so ``import data_pipelines`` does not start TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
