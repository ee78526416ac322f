from .retrieval_evaluation import RetrievalEvaluation as RetrievalEvaluation

__all__ = ["RetrievalEvaluation"]
