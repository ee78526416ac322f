from .adaptive_triplet import AdaptiveTripletLoss as AdaptiveTripletLoss
from .arcface import ArcFace as ArcFace
from .batch_loss import BatchLoss as BatchLoss
from .bit_balance import BitBalanceLoss as BitBalanceLoss
from .cauchy_cross_entropy import CauchyCrossEntropyLoss as CauchyCrossEntropyLoss
from .cauchy_quantization import CauchyQuantizationLoss as CauchyQuantizationLoss
from .center import CenterLoss as CenterLoss
from .central_similarity import CentralSimilarityLoss as CentralSimilarityLoss
from .contrastive import ContrastiveLoss as ContrastiveLoss
from .cosface import CosFace as CosFace
from .dpsh import DPSHLoss as DPSHLoss
from .dsh import DSHLoss as DSHLoss
from .dtsh import DTSHLoss as DTSHLoss
from .hashnet import HashNetLoss as HashNetLoss
from .improved_center import ImprovedCenterLoss as ImprovedCenterLoss
from .in_batch import InBatch as InBatch
from .multi_similarity import MultiSimilarityLoss as MultiSimilarityLoss
from .multiplicative_euclidean_margin_softmax import (
    MultiplicativeEuclideanMarginSoftmax as MultiplicativeEuclideanMarginSoftmax,
)
from .pair_contrastive import PairContrastiveLoss as PairContrastiveLoss
from .proxy_anchor import ProxyAnchor as ProxyAnchor
from .proxy_nca import ProxyNCA as ProxyNCA
from .quantization import QuantizationLoss as QuantizationLoss
from .rank_margin import RankMarginLoss as RankMarginLoss
from .sum import Sum as Sum
from .supervised_contrastive import SupervisedContrastiveLoss as SupervisedContrastiveLoss
from .triplet import TripletLoss as TripletLoss
from .tuple_triplet import TupleTripletLoss as TupleTripletLoss

__all__ = [
    "AdaptiveTripletLoss",
    "ArcFace",
    "BatchLoss",
    "BitBalanceLoss",
    "CauchyCrossEntropyLoss",
    "CauchyQuantizationLoss",
    "CenterLoss",
    "CentralSimilarityLoss",
    "ContrastiveLoss",
    "CosFace",
    "DPSHLoss",
    "DSHLoss",
    "DTSHLoss",
    "HashNetLoss",
    "ImprovedCenterLoss",
    "InBatch",
    "MultiSimilarityLoss",
    "MultiplicativeEuclideanMarginSoftmax",
    "PairContrastiveLoss",
    "ProxyAnchor",
    "ProxyNCA",
    "QuantizationLoss",
    "RankMarginLoss",
    "Sum",
    "SupervisedContrastiveLoss",
    "TripletLoss",
    "TupleTripletLoss",
]
