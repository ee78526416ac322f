"""An encoder that needs no network: the colours of a picture's quarters."""

import numpy as np

from tests.data_pipelines.pictures import write_tree
from tfretrieval import images
from tfretrieval.codes import pack
from tfretrieval.encoders import Encoded, Encoder
from tfretrieval.search import PictureIndex


class ColourEncoder(Encoder):
    """12 features: mean colours of the quarters; a bit is one above the middle."""

    name, bits, dimensions, fingerprint = "colours", 12, 12, "colours-1"

    def __init__(self, looks=False):
        self.looks = looks
        self.calls = []

    def described(self):
        return {"kind": "colours", "name": self.name}

    def _encode(self, contents, sketches):
        self.calls.append(len(contents))
        pixels = [np.asarray(images.load(each, 2)).ravel() - 127.5 for each in contents]
        features = np.stack(pixels).astype(np.float32) * (-1 if sketches else 1)
        boxes = np.tile(np.float32([0.1, 0.2, 0.8, 0.9]), (len(features), 1))
        return Encoded(features, pack(features), boxes if self.looks else None)


def folder(path, names=("wren/1.jpg", "wren/2.jpg", "finch/1.jpg", "finch/2.png", "top.jpg")):
    """Pictures below a folder."""
    write_tree(path, dict.fromkeys(names))
    return path


def empty_index(path, pictures, encoder):
    return PictureIndex.create(
        path, pictures, encoder.bits, encoder.dimensions, encoder.fingerprint, encoder.described()
    )
