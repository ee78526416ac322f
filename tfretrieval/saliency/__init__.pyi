from .class_activation import ClassActivationLocalizer as ClassActivationLocalizer
from .components import largest_component as largest_component
from .feature_layers import stages as stages
from .grey import grey_maps as grey_maps
from .grey import viridis_luma as viridis_luma
from .localizer import Localizer as Localizer
from .region import MAX_SIDE as MAX_SIDE
from .region import REGIONS as REGIONS
from .region import bounding_boxes as bounding_boxes
from .region import boxes as boxes
from .region import masks as masks
from .region import regions as regions

__all__ = [
    "ClassActivationLocalizer",
    "Localizer",
    "MAX_SIDE",
    "REGIONS",
    "bounding_boxes",
    "boxes",
    "grey_maps",
    "largest_component",
    "masks",
    "regions",
    "stages",
    "viridis_luma",
]
