from .builder import Openmoji as Openmoji
from .builder import OpenmojiConfig as OpenmojiConfig

__all__ = ["Openmoji", "OpenmojiConfig"]
