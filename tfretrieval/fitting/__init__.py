"""What is fitted to descriptors or centers once they are there, and becomes weights of a layer."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
