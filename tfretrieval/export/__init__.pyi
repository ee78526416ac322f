from .descriptor import export_descriptor as export_descriptor
from .litert import export_litert as export_litert
from .onnx import export_onnx as export_onnx
from .saved_model import encoding_module as encoding_module
from .saved_model import export_encoder as export_encoder
from .saved_model import pack as pack

__all__ = [
    "encoding_module",
    "export_descriptor",
    "export_encoder",
    "export_litert",
    "export_onnx",
    "pack",
]
