"""A trained encoder for other programs: SavedModel, LiteRT, ONNX; pixels in, packed codes out."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
