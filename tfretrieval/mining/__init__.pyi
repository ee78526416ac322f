from .in_batch import hard_in_batch as hard_in_batch
from .in_batch import semi_hard_in_batch as semi_hard_in_batch
from .margins import all_pairs_margin as all_pairs_margin
from .margins import mined_margin as mined_margin
from .negatives import hard_negatives as hard_negatives
from .triplets import hard_triplets as hard_triplets

__all__ = [
    "all_pairs_margin",
    "hard_in_batch",
    "hard_negatives",
    "hard_triplets",
    "mined_margin",
    "semi_hard_in_batch",
]
