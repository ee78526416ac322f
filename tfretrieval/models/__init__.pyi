from .architecture import data_flow as data_flow
from .architecture import stage_table as stage_table
from .classifiers import classifier as classifier
from .hash_encoders import hash_encoder as hash_encoder
from .loading import load_model as load_model
from .memory import TrainingMemory as TrainingMemory
from .memory import training_memory as training_memory

__all__ = [
    "TrainingMemory",
    "classifier",
    "data_flow",
    "hash_encoder",
    "load_model",
    "stage_table",
    "training_memory",
]
