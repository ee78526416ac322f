from .adaptive_triplet import AdaptiveTripletLoss as AdaptiveTripletLoss
from .in_batch import InBatch as InBatch
from .triplet import TripletLoss as TripletLoss

__all__ = [
    "AdaptiveTripletLoss",
    "InBatch",
    "TripletLoss",
]
