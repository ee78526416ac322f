from .continuation import Continuation as Continuation
from .embedding_statistics import EmbeddingStatistics as EmbeddingStatistics
from .gate_statistics import GateStatistics as GateStatistics
from .margin_annealing import MarginAnnealing as MarginAnnealing
from .retrieval_evaluation import RetrievalEvaluation as RetrievalEvaluation
from .training_checkpoint import TrainingCheckpoint as TrainingCheckpoint

__all__ = [
    "Continuation",
    "EmbeddingStatistics",
    "GateStatistics",
    "MarginAnnealing",
    "RetrievalEvaluation",
    "TrainingCheckpoint",
]
