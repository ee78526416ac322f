from .architecture import data_flow as data_flow
from .architecture import stage_table as stage_table
from .center_classifier import center_classifier as center_classifier
from .center_codes import fit_center_codes as fit_center_codes
from .classifiers import classifier as classifier
from .hash_encoders import hash_encoder as hash_encoder
from .loading import load_model as load_model
from .memory import TrainingMemory as TrainingMemory
from .memory import training_memory as training_memory

__all__ = [
    "TrainingMemory",
    "center_classifier",
    "classifier",
    "data_flow",
    "fit_center_codes",
    "hash_encoder",
    "load_model",
    "stage_table",
    "training_memory",
]
