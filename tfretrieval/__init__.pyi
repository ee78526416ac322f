from . import backbones as backbones
from . import callbacks as callbacks
from . import codes as codes
from . import compat as compat
from . import convert as convert
from . import distances as distances
from . import evaluation as evaluation
from . import export as export
from . import files as files
from . import fitting as fitting
from . import hand_made as hand_made
from . import ids as ids
from . import images as images
from . import inspection as inspection
from . import layers as layers
from . import losses as losses
from . import metrics as metrics
from . import mining as mining
from . import models as models
from . import plots as plots
from . import rows as rows
from . import saliency as saliency
from . import search as search

__version__: str

__all__ = [
    "backbones",
    "callbacks",
    "codes",
    "compat",
    "convert",
    "distances",
    "evaluation",
    "export",
    "files",
    "fitting",
    "hand_made",
    "ids",
    "images",
    "inspection",
    "layers",
    "losses",
    "metrics",
    "mining",
    "models",
    "plots",
    "rows",
    "saliency",
    "search",
]
