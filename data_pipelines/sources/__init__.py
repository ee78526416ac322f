"""Where records come from: a folder or CSV file, a published archive, or TFDS data."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
