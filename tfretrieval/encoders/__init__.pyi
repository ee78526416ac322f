from .encoder import Encoded as Encoded
from .encoder import Encoder as Encoder
from .imagenet_encoder import ImageNetEncoder as ImageNetEncoder
from .opening import open_encoder as open_encoder
from .run_encoder import RunEncoder as RunEncoder

__all__ = ["Encoded", "Encoder", "ImageNetEncoder", "RunEncoder", "open_encoder"]
