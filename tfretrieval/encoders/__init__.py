"""From picture files to codes: the model of a run, or an ImageNet network without any training."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
