from .margin_annealing import MarginAnnealing as MarginAnnealing
from .retrieval_evaluation import RetrievalEvaluation as RetrievalEvaluation

__all__ = [
    "MarginAnnealing",
    "RetrievalEvaluation",
]
