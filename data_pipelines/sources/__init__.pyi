from .caltech256 import CALTECH256 as CALTECH256
from .caltech_birds2011 import CALTECH_BIRDS2011 as CALTECH_BIRDS2011
from .cars196 import CARS196 as CARS196
from .cifar10 import CIFAR10 as CIFAR10
from .drawn_instances import DRAWN_INSTANCES as DRAWN_INSTANCES
from .drawn_instances import read_drawn_instances as read_drawn_instances
from .drawn_set import DRAWN_BIRDS as DRAWN_BIRDS
from .drawn_set import DRAWN_OBJECTS as DRAWN_OBJECTS
from .drawn_set import OPENMOJI as OPENMOJI
from .drawn_set import DrawnSet as DrawnSet
from .folder import read_folder as read_folder
from .grocery_store import GROCERY_STORE as GROCERY_STORE
from .grocery_store import read_grocery_store as read_grocery_store
from .holidays import HOLIDAYS as HOLIDAYS
from .imagenet2012 import IMAGENET2012 as IMAGENET2012
from .kinds import BenchmarkSet as BenchmarkSet
from .kinds import ClassSet as ClassSet
from .kinds import PairSet as PairSet
from .layout import Archive as Archive
from .layout import Layout as Layout
from .layout import Prepared as Prepared
from .listed import folder_names as folder_names
from .own_pictures import FOLDER as FOLDER
from .oxford_paris import OXFORD5K as OXFORD5K
from .oxford_paris import PARIS6K as PARIS6K
from .oxford_paris import ROXFORD5K as ROXFORD5K
from .oxford_paris import RPARIS6K as RPARIS6K
from .plain_pickle import load_plain as load_plain
from .published_set import Halves as Halves
from .published_set import PublishedSet as PublishedSet
from .sfm import RETRIEVAL_SFM_30K as RETRIEVAL_SFM_30K
from .sfm import RETRIEVAL_SFM_120K as RETRIEVAL_SFM_120K
from .sfm import read_sfm as read_sfm
from .sfm import read_sfm_whitening as read_sfm_whitening
from .sketch_set import SketchSet as SketchSet
from .sketchy_extended import SKETCHY_EXTENDED as SKETCHY_EXTENDED
from .stanford_dogs import STANFORD_DOGS as STANFORD_DOGS
from .table import read_table as read_table
from .tfds_source import is_prepared as is_prepared
from .tfds_source import read_tfds as read_tfds
from .tu_berlin_extended import TU_BERLIN_EXTENDED as TU_BERLIN_EXTENDED

__all__ = [
    "CALTECH256",
    "CALTECH_BIRDS2011",
    "CARS196",
    "CIFAR10",
    "DRAWN_BIRDS",
    "DRAWN_INSTANCES",
    "DRAWN_OBJECTS",
    "FOLDER",
    "GROCERY_STORE",
    "HOLIDAYS",
    "IMAGENET2012",
    "OPENMOJI",
    "OXFORD5K",
    "PARIS6K",
    "RETRIEVAL_SFM_120K",
    "RETRIEVAL_SFM_30K",
    "ROXFORD5K",
    "RPARIS6K",
    "SKETCHY_EXTENDED",
    "STANFORD_DOGS",
    "TU_BERLIN_EXTENDED",
    "Archive",
    "BenchmarkSet",
    "ClassSet",
    "DrawnSet",
    "Halves",
    "Layout",
    "PairSet",
    "Prepared",
    "PublishedSet",
    "SketchSet",
    "folder_names",
    "is_prepared",
    "load_plain",
    "read_drawn_instances",
    "read_folder",
    "read_grocery_store",
    "read_sfm",
    "read_sfm_whitening",
    "read_table",
    "read_tfds",
]
