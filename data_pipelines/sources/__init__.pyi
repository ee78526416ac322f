from .caltech256 import read_caltech256 as read_caltech256
from .caltech_birds2011 import read_caltech_birds2011 as read_caltech_birds2011
from .cars196 import read_cars196 as read_cars196
from .cifar10 import read_cifar10 as read_cifar10
from .drawn_instances import read_drawn_instances as read_drawn_instances
from .folder import read_folder as read_folder
from .holidays import read_holidays as read_holidays
from .imagenet2012 import read_imagenet2012 as read_imagenet2012
from .layout import Archive as Archive
from .layout import Layout as Layout
from .listed import folder_names as folder_names
from .oxford_paris import read_oxford5k as read_oxford5k
from .oxford_paris import read_paris6k as read_paris6k
from .oxford_paris import read_revisited as read_revisited
from .plain_pickle import load_plain as load_plain
from .sfm import read_sfm as read_sfm
from .sfm import read_sfm_whitening as read_sfm_whitening
from .stanford_dogs import read_stanford_dogs as read_stanford_dogs
from .table import read_table as read_table
from .tfds_source import is_prepared as is_prepared
from .tfds_source import read_tfds as read_tfds

__all__ = [
    "Archive",
    "Layout",
    "folder_names",
    "is_prepared",
    "load_plain",
    "read_caltech256",
    "read_caltech_birds2011",
    "read_cars196",
    "read_cifar10",
    "read_drawn_instances",
    "read_folder",
    "read_holidays",
    "read_imagenet2012",
    "read_oxford5k",
    "read_paris6k",
    "read_revisited",
    "read_sfm",
    "read_sfm_whitening",
    "read_stanford_dogs",
    "read_table",
    "read_tfds",
]
