from .resnet import resnet18 as resnet18
from .resnet import resnet18_i as resnet18_i

__all__ = [
    "resnet18",
    "resnet18_i",
]
