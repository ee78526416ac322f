from .artist import Artist as Artist
from .artist import Picture as Picture
from .builder import DrawnBirds as DrawnBirds
from .builder import DrawnBirdsConfig as DrawnBirdsConfig
from .builder import prepare as prepare
from .species import Species as Species
from .species import make_species as make_species

__all__ = [
    "Artist",
    "DrawnBirds",
    "DrawnBirdsConfig",
    "Picture",
    "Species",
    "make_species",
    "prepare",
]
