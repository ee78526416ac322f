"""Matplotlib figures; each function returns a figure and leaves saving to the caller."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
