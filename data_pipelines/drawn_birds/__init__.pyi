from .artist import Artist as Artist
from .builder import DrawnBirds as DrawnBirds
from .builder import DrawnBirdsConfig as DrawnBirdsConfig
from .builder import prepare as prepare
from .instances import DrawnInstances as DrawnInstances
from .instances import DrawnInstancesConfig as DrawnInstancesConfig
from .instances import InstanceArtist as InstanceArtist
from .instances import InstancePicture as InstancePicture
from .objects import DrawnObjects as DrawnObjects
from .objects import DrawnObjectsConfig as DrawnObjectsConfig
from .objects import ObjectArtist as ObjectArtist
from .photograph import Picture as Picture
from .species import Species as Species
from .species import make_species as make_species

__all__ = [
    "Artist",
    "DrawnBirds",
    "DrawnBirdsConfig",
    "DrawnInstances",
    "DrawnInstancesConfig",
    "DrawnObjects",
    "DrawnObjectsConfig",
    "InstanceArtist",
    "InstancePicture",
    "ObjectArtist",
    "Picture",
    "Species",
    "make_species",
    "prepare",
]
