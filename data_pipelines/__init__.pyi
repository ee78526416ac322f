from . import audit as audit
from . import augment as augment
from . import builders as builders
from . import catalogue as catalogue
from . import code_shards as code_shards
from . import data_sets as data_sets
from . import drawn_birds as drawn_birds
from . import encode as encode
from . import instance_catalogue as instance_catalogue
from . import instances as instances
from . import openmoji as openmoji
from . import order as order
from . import records as records
from . import saliency_table as saliency_table
from . import sketch_views as sketch_views
from . import sources as sources
from . import split as split
from . import steps as steps
from . import subset as subset

__all__ = [
    "audit",
    "augment",
    "builders",
    "catalogue",
    "code_shards",
    "data_sets",
    "drawn_birds",
    "encode",
    "instance_catalogue",
    "instances",
    "openmoji",
    "order",
    "records",
    "saliency_table",
    "sketch_views",
    "sources",
    "split",
    "steps",
    "subset",
]
