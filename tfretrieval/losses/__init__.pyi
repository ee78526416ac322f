from .adaptive_triplet import AdaptiveTripletLoss as AdaptiveTripletLoss
from .center import CenterLoss as CenterLoss
from .cosface import CosFace as CosFace
from .improved_center import ImprovedCenterLoss as ImprovedCenterLoss
from .in_batch import InBatch as InBatch
from .multiplicative_euclidean_margin_softmax import (
    MultiplicativeEuclideanMarginSoftmax as MultiplicativeEuclideanMarginSoftmax,
)
from .triplet import TripletLoss as TripletLoss

__all__ = [
    "AdaptiveTripletLoss",
    "CenterLoss",
    "CosFace",
    "ImprovedCenterLoss",
    "InBatch",
    "MultiplicativeEuclideanMarginSoftmax",
    "TripletLoss",
]
