"""Search in a browser: a page and an API on this machine. Wants the extra ``search``."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
