from .expansion import augment_database as augment_database
from .expansion import expand_queries as expand_queries
from .expansion import rank as rank
from .hamming_index import HammingIndex as HammingIndex

__all__ = ["HammingIndex", "augment_database", "expand_queries", "rank"]
