from .center_codes import fit_center_codes as fit_center_codes
from .hash_centers import hash_centers as hash_centers
from .iterative_quantization import IterativeQuantization as IterativeQuantization
from .random_hyperplanes import random_hyperplanes as random_hyperplanes
from .whitening import LearnedWhitening as LearnedWhitening
from .whitening import PCAWhitening as PCAWhitening

__all__ = [
    "IterativeQuantization",
    "LearnedWhitening",
    "PCAWhitening",
    "fit_center_codes",
    "hash_centers",
    "random_hyperplanes",
]
