from .folder import read_folder as read_folder
from .table import read_table as read_table
from .tfds_source import read_tfds as read_tfds

__all__ = [
    "read_folder",
    "read_table",
    "read_tfds",
]
