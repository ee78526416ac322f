from .architecture import Stage as Stage
from .architecture import data_flow as data_flow
from .architecture import stage_table as stage_table
from .memory import TrainingMemory as TrainingMemory
from .memory import training_memory as training_memory

__all__ = [
    "Stage",
    "TrainingMemory",
    "data_flow",
    "stage_table",
    "training_memory",
]
