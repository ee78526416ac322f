from .architecture import data_flow as data_flow
from .architecture import stage_table as stage_table
from .attention_augmented import attention_augmented as attention_augmented
from .center_classifier import center_classifier as center_classifier
from .center_codes import fit_center_codes as fit_center_codes
from .classifiers import classifier as classifier
from .descriptor import descriptor as descriptor
from .descriptor import multi_scale as multi_scale
from .descriptor import tuple_encoder as tuple_encoder
from .gdf_net import gdf_net as gdf_net
from .hash_encoders import hash_encoder as hash_encoder
from .loading import load_model as load_model
from .memory import TrainingMemory as TrainingMemory
from .memory import training_memory as training_memory
from .whitening import LearnedWhitening as LearnedWhitening
from .whitening import PCAWhitening as PCAWhitening

__all__ = [
    "LearnedWhitening",
    "PCAWhitening",
    "TrainingMemory",
    "attention_augmented",
    "center_classifier",
    "classifier",
    "data_flow",
    "descriptor",
    "fit_center_codes",
    "gdf_net",
    "hash_encoder",
    "load_model",
    "multi_scale",
    "stage_table",
    "training_memory",
    "tuple_encoder",
]
