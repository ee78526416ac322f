from .adaptive_triplet import AdaptiveTripletLoss as AdaptiveTripletLoss
from .bit_balance import BitBalanceLoss as BitBalanceLoss
from .cauchy_cross_entropy import CauchyCrossEntropyLoss as CauchyCrossEntropyLoss
from .cauchy_quantization import CauchyQuantizationLoss as CauchyQuantizationLoss
from .center import CenterLoss as CenterLoss
from .contrastive import ContrastiveLoss as ContrastiveLoss
from .cosface import CosFace as CosFace
from .improved_center import ImprovedCenterLoss as ImprovedCenterLoss
from .in_batch import InBatch as InBatch
from .multiplicative_euclidean_margin_softmax import (
    MultiplicativeEuclideanMarginSoftmax as MultiplicativeEuclideanMarginSoftmax,
)
from .rank_margin import RankMarginLoss as RankMarginLoss
from .sum import Sum as Sum
from .triplet import TripletLoss as TripletLoss
from .tuple_triplet import TupleTripletLoss as TupleTripletLoss

__all__ = [
    "AdaptiveTripletLoss",
    "BitBalanceLoss",
    "CauchyCrossEntropyLoss",
    "CauchyQuantizationLoss",
    "CenterLoss",
    "ContrastiveLoss",
    "CosFace",
    "ImprovedCenterLoss",
    "InBatch",
    "MultiplicativeEuclideanMarginSoftmax",
    "RankMarginLoss",
    "Sum",
    "TripletLoss",
    "TupleTripletLoss",
]
