"""The encoder of an index, made again from what the index says of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfretrieval.encoders.encoder import Encoder
from tfretrieval.encoders.imagenet_encoder import ImageNetEncoder
from tfretrieval.encoders.run_encoder import RunEncoder
from tfretrieval.search import PictureIndex

QUANTIZATION = "quantization.npz"


def open_encoder(index: PictureIndex) -> Encoder:
    """What encodes queries of an index.

    Raises:
        ValueError: its model is not there any more, or another one lies in its place.
    """
    about = index.about["encoder"]
    encoder: Encoder
    if about["kind"] == "run":
        encoder = RunEncoder(about["path"])
    else:
        settings = {name: about[name] for name in ("network", "image_size", "bits", "crop")}
        encoder = ImageNetEncoder(**settings, quantization=_quantization(index.folder))
    if encoder.fingerprint != index.about["model"]:
        raise ValueError(
            f"{about['name']} is not the model that {index.folder} was made with: index anew into "
            "another folder"
        )
    return encoder


def _quantization(folder: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """What codes were fitted to; None where they are still to be."""
    try:
        with np.load(folder / QUANTIZATION, allow_pickle=False) as file:
            return file["mean"], file["kernel"]
    except FileNotFoundError:
        return None
