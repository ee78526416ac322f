from .attention_augmented import attention_augmented as attention_augmented
from .center_classifier import center_classifier as center_classifier
from .classifiers import classifier as classifier
from .descriptor import descriptor as descriptor
from .descriptor import multi_scale as multi_scale
from .descriptor import tuple_encoder as tuple_encoder
from .gdf_net import gdf_net as gdf_net
from .hash_encoders import classifier_hash_encoder as classifier_hash_encoder
from .hash_encoders import hash_encoder as hash_encoder
from .loading import load_model as load_model
from .normalization import freeze_normalization as freeze_normalization

__all__ = [
    "attention_augmented",
    "center_classifier",
    "classifier",
    "classifier_hash_encoder",
    "descriptor",
    "freeze_normalization",
    "gdf_net",
    "hash_encoder",
    "load_model",
    "multi_scale",
    "tuple_encoder",
]
