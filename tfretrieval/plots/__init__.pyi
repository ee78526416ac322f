from .bars import bars as bars
from .bit_shares import bit_shares as bit_shares
from .block_diagram import block_diagram as block_diagram
from .curves import distance_curves as distance_curves
from .curves import map_curves as map_curves
from .distance_histograms import distance_histograms as distance_histograms
from .domain_gates import domain_gates as domain_gates
from .families import families as families
from .feature_maps import feature_maps as feature_maps
from .feature_plane import feature_plane as feature_plane
from .gallery import gallery as gallery
from .negatives_by_rank import negatives_by_rank as negatives_by_rank
from .part_attention import part_attention as part_attention
from .saliency_sheet import saliency_sheet as saliency_sheet

__all__ = [
    "bars",
    "bit_shares",
    "block_diagram",
    "distance_curves",
    "distance_histograms",
    "domain_gates",
    "families",
    "feature_maps",
    "feature_plane",
    "gallery",
    "map_curves",
    "negatives_by_rank",
    "part_attention",
    "saliency_sheet",
]
