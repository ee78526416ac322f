"""From a data set's name to batches: `catalogue.load`, then the functions of `steps`.

Names load on first use, so ``import data_pipelines`` does not start TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "audit",
        "augment",
        "caltech256",
        "catalogue",
        "instance_catalogue",
        "instances",
        "order",
        "published",
        "records",
        "saliency_table",
        "sources",
        "steps",
    ],
)
