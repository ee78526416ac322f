"""OpenMoji's emoji in colour and as line drawings, drawn from its font."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
