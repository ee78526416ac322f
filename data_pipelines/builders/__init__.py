"""TFDS builders of what TFDS has not; importing one makes its name known to `tfds.load`."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
