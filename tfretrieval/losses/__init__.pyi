from .adaptive_triplet import AdaptiveTripletLoss as AdaptiveTripletLoss
from .center import CenterLoss as CenterLoss
from .contrastive import ContrastiveLoss as ContrastiveLoss
from .cosface import CosFace as CosFace
from .improved_center import ImprovedCenterLoss as ImprovedCenterLoss
from .in_batch import InBatch as InBatch
from .multiplicative_euclidean_margin_softmax import (
    MultiplicativeEuclideanMarginSoftmax as MultiplicativeEuclideanMarginSoftmax,
)
from .rank_margin import RankMarginLoss as RankMarginLoss
from .triplet import TripletLoss as TripletLoss
from .tuple_triplet import TupleTripletLoss as TupleTripletLoss

__all__ = [
    "AdaptiveTripletLoss",
    "CenterLoss",
    "ContrastiveLoss",
    "CosFace",
    "ImprovedCenterLoss",
    "InBatch",
    "MultiplicativeEuclideanMarginSoftmax",
    "RankMarginLoss",
    "TripletLoss",
    "TupleTripletLoss",
]
