from .app import application as application
from .serving import serve as serve

__all__ = ["application", "serve"]
