from .curves import distance_curves as distance_curves
from .curves import map_curves as map_curves
from .gallery import gallery as gallery

__all__ = ["distance_curves", "gallery", "map_curves"]
