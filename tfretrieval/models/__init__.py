"""Assembled functional models: classifier, center classifier, hash encoder, descriptor."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
