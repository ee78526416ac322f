"""Networks from pictures to feature maps, built flat so that every inner layer stays reachable."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
