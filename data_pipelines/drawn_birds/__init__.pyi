from .artist import Artist as Artist
from .instance_artist import InstanceArtist as InstanceArtist
from .instance_artist import InstancePicture as InstancePicture
from .objects import ObjectArtist as ObjectArtist
from .photograph import Picture as Picture
from .species import Species as Species
from .species import make_species as make_species

__all__ = [
    "Artist",
    "InstanceArtist",
    "InstancePicture",
    "ObjectArtist",
    "Picture",
    "Species",
    "make_species",
]
