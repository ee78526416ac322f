from .fold import Fold as Fold
from .fold import Unfold as Unfold
from .hash_layer import HashLayer as HashLayer
from .inception_resnet_c import InceptionResNetC as InceptionResNetC

__all__ = [
    "Fold",
    "HashLayer",
    "InceptionResNetC",
    "Unfold",
]
