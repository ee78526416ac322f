from .classifiers import classifier as classifier
from .hash_encoders import hash_encoder as hash_encoder
from .loading import load_model as load_model

__all__ = ["classifier", "hash_encoder", "load_model"]
