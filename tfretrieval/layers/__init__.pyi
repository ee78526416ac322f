from .attention_crop import AttentionCrop as AttentionCrop
from .attention_drop import AttentionDrop as AttentionDrop
from .bilinear_attention_pooling import BilinearAttentionPooling as BilinearAttentionPooling
from .caffe_preprocess import CaffePreprocess as CaffePreprocess
from .cosine_to_centers import CosineToCenters as CosineToCenters
from .divide_and_encode import DivideAndEncode as DivideAndEncode
from .domain_aware_squeeze_excite import DomainAwareSqueezeExcite as DomainAwareSqueezeExcite
from .edge_conv import EdgeConv as EdgeConv
from .fold import Fold as Fold
from .fold import Unfold as Unfold
from .gem import GeM as GeM
from .hash_layer import HashLayer as HashLayer
from .inception_resnet_c import InceptionResNetC as InceptionResNetC
from .mac import MAC as MAC
from .part_graph import PartGraph as PartGraph
from .part_nodes import PartNodes as PartNodes
from .power_mean import PowerMean as PowerMean
from .rescale import Rescale as Rescale
from .rmac import RMAC as RMAC
from .root_probabilities import RootProbabilities as RootProbabilities
from .scaled_tanh import ScaledTanh as ScaledTanh
from .scda import SCDA as SCDA
from .spoc import SPoC as SPoC
from .squared_distance_to_centers import SquaredDistanceToCenters as SquaredDistanceToCenters
from .squared_distance_to_centers import center_update as center_update
from .squeeze_excite import SqueezeExcite as SqueezeExcite
from .straight_through_sign import StraightThroughSign as StraightThroughSign
from .unit_rows import UnitRows as UnitRows

__all__ = [
    "AttentionCrop",
    "AttentionDrop",
    "BilinearAttentionPooling",
    "CaffePreprocess",
    "CosineToCenters",
    "DivideAndEncode",
    "DomainAwareSqueezeExcite",
    "EdgeConv",
    "Fold",
    "GeM",
    "HashLayer",
    "InceptionResNetC",
    "MAC",
    "PartGraph",
    "PartNodes",
    "PowerMean",
    "RMAC",
    "Rescale",
    "RootProbabilities",
    "SCDA",
    "SPoC",
    "ScaledTanh",
    "SquaredDistanceToCenters",
    "SqueezeExcite",
    "StraightThroughSign",
    "Unfold",
    "UnitRows",
    "center_update",
]
