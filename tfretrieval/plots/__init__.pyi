from .block_diagram import block_diagram as block_diagram
from .curves import distance_curves as distance_curves
from .curves import map_curves as map_curves
from .feature_maps import feature_maps as feature_maps
from .gallery import gallery as gallery
from .saliency_sheet import saliency_sheet as saliency_sheet

__all__ = [
    "block_diagram",
    "distance_curves",
    "feature_maps",
    "gallery",
    "map_curves",
    "saliency_sheet",
]
