from .glyphs import characters as characters
from .glyphs import class_name as class_name
from .hand import draw as draw

__all__ = ["characters", "class_name", "draw"]
