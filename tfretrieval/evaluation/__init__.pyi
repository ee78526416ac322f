from .bootstrap import BootstrapInterval as BootstrapInterval
from .bootstrap import paired_bootstrap as paired_bootstrap
from .hamming import HammingRetrieval as HammingRetrieval
from .hamming import hamming_retrieval as hamming_retrieval
from .real_valued import CosineRetrieval as CosineRetrieval
from .real_valued import cosine_retrieval as cosine_retrieval

__all__ = [
    "BootstrapInterval",
    "CosineRetrieval",
    "HammingRetrieval",
    "cosine_retrieval",
    "hamming_retrieval",
    "paired_bootstrap",
]
