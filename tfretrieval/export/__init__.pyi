from .saved_model import export_encoder as export_encoder
from .saved_model import pack as pack

__all__ = ["export_encoder", "pack"]
