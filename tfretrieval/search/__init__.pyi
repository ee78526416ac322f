from .hamming_index import HammingIndex as HammingIndex

__all__ = ["HammingIndex"]
