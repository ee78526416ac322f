"""tfretrieval: image-retrieval papers as Keras layers, losses, mining and evaluation.

Names load on first use, so ``import tfretrieval`` does not start TensorFlow.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

__version__ = "0.2.0"
