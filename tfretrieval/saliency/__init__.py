"""Saliency: feature map -> small grey map -> threshold alpha -> region of the subject."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
