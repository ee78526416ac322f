from .bit_usage import BitUsage as BitUsage
from .bit_usage import bit_usage as bit_usage
from .bootstrap import BootstrapInterval as BootstrapInterval
from .bootstrap import paired_bootstrap as paired_bootstrap
from .class_separation import ClassSeparation as ClassSeparation
from .class_separation import class_separation as class_separation
from .graded import GradedRetrieval as GradedRetrieval
from .graded import graded_retrieval as graded_retrieval
from .hamming import HammingRetrieval as HammingRetrieval
from .hamming import hamming_retrieval as hamming_retrieval
from .instance import GroundTruth as GroundTruth
from .instance import InstanceRetrieval as InstanceRetrieval
from .instance import instance_retrieval as instance_retrieval
from .instance import revisited as revisited
from .localization import Localization as Localization
from .localization import box_iou as box_iou
from .localization import centre_boxes as centre_boxes
from .localization import localization as localization
from .real_valued import RealValuedRetrieval as RealValuedRetrieval
from .real_valued import cosine_retrieval as cosine_retrieval
from .real_valued import euclidean_retrieval as euclidean_retrieval

__all__ = [
    "BitUsage",
    "BootstrapInterval",
    "ClassSeparation",
    "GroundTruth",
    "HammingRetrieval",
    "InstanceRetrieval",
    "Localization",
    "RealValuedRetrieval",
    "bit_usage",
    "box_iou",
    "centre_boxes",
    "class_separation",
    "cosine_retrieval",
    "euclidean_retrieval",
    "hamming_retrieval",
    "instance_retrieval",
    "localization",
    "paired_bootstrap",
    "revisited",
]
