from .caltech256 import read_caltech256 as read_caltech256
from .caltech_birds2011 import read_caltech_birds2011 as read_caltech_birds2011
from .cars196 import read_cars196 as read_cars196
from .cifar10 import read_cifar10 as read_cifar10
from .drawn_instances import read_drawn_instances as read_drawn_instances
from .folder import read_folder as read_folder
from .imagenet2012 import read_imagenet2012 as read_imagenet2012
from .layout import Archive as Archive
from .layout import Layout as Layout
from .listed import folder_names as folder_names
from .stanford_dogs import read_stanford_dogs as read_stanford_dogs
from .table import read_table as read_table
from .tfds_source import is_prepared as is_prepared
from .tfds_source import read_tfds as read_tfds

__all__ = [
    "Archive",
    "Layout",
    "folder_names",
    "is_prepared",
    "read_caltech256",
    "read_caltech_birds2011",
    "read_cars196",
    "read_cifar10",
    "read_drawn_instances",
    "read_folder",
    "read_imagenet2012",
    "read_stanford_dogs",
    "read_table",
    "read_tfds",
]
