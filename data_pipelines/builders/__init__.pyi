from .beam_builder import BeamBuilder as BeamBuilder
from .caltech256_builder import Caltech256 as Caltech256
from .drawn_birds_builder import DrawnBirds as DrawnBirds
from .drawn_birds_builder import DrawnBirdsConfig as DrawnBirdsConfig
from .drawn_builder import DrawnBuilder as DrawnBuilder
from .drawn_instances_builder import DrawnInstances as DrawnInstances
from .drawn_instances_builder import DrawnInstancesConfig as DrawnInstancesConfig
from .drawn_objects_builder import DrawnObjects as DrawnObjects
from .drawn_objects_builder import DrawnObjectsConfig as DrawnObjectsConfig
from .openmoji_builder import Openmoji as Openmoji
from .openmoji_builder import OpenmojiConfig as OpenmojiConfig
from .sketch_folders_builder import SketchyExtended as SketchyExtended
from .sketch_folders_builder import TuBerlinExtended as TuBerlinExtended

__all__ = [
    "BeamBuilder",
    "Caltech256",
    "DrawnBirds",
    "DrawnBirdsConfig",
    "DrawnBuilder",
    "DrawnInstances",
    "DrawnInstancesConfig",
    "DrawnObjects",
    "DrawnObjectsConfig",
    "Openmoji",
    "OpenmojiConfig",
    "SketchyExtended",
    "TuBerlinExtended",
]
