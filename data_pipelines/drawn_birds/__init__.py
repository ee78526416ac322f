"""``drawn_birds``: fine-grained bird species, drawn here: nothing is downloaded."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
