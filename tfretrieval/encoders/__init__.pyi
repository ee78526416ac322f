from .descriptor_encoder import DescriptorEncoder as DescriptorEncoder
from .encoder import Encoded as Encoded
from .encoder import Encoder as Encoder
from .fitted_encoder import FittedEncoder as FittedEncoder
from .imagenet_encoder import ImageNetEncoder as ImageNetEncoder
from .opening import encoder_of_run as encoder_of_run
from .opening import open_encoder as open_encoder
from .run_encoder import RunEncoder as RunEncoder

__all__ = [
    "DescriptorEncoder",
    "Encoded",
    "Encoder",
    "FittedEncoder",
    "ImageNetEncoder",
    "RunEncoder",
    "encoder_of_run",
    "open_encoder",
]
