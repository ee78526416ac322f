from .adaptive_triplet import AdaptiveTripletLoss as AdaptiveTripletLoss
from .center import CenterLoss as CenterLoss
from .improved_center import ImprovedCenterLoss as ImprovedCenterLoss
from .in_batch import InBatch as InBatch
from .triplet import TripletLoss as TripletLoss

__all__ = [
    "AdaptiveTripletLoss",
    "CenterLoss",
    "ImprovedCenterLoss",
    "InBatch",
    "TripletLoss",
]
