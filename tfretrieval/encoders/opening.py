"""The encoder of an index, made again from what the index says of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tfretrieval.encoders.descriptor_encoder import DescriptorEncoder
from tfretrieval.encoders.encoder import Encoder
from tfretrieval.encoders.fitted_encoder import BITS
from tfretrieval.encoders.imagenet_encoder import ImageNetEncoder
from tfretrieval.encoders.run_encoder import RunEncoder, load_run
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
    elif about["kind"] == "descriptor":
        encoder = DescriptorEncoder(about["path"], about["bits"], _quantization(index.folder))
    else:
        settings = {name: about[name] for name in ("network", "image_size", "bits", "crop")}
        encoder = ImageNetEncoder(**settings, quantization=_quantization(index.folder))
    if encoder.fingerprint != index.about["model"]:
        raise ValueError(
            f"{about['name']} is not the model that {index.folder} was made with: index anew into "
            "another folder"
        )
    return encoder


def encoder_of_run(path: str, bits: int = BITS) -> Encoder:
    """What encodes with the model of a run, of whatever recipe.

    Args:
        path: of the run's folder, or of its ``savedmodel``.
        bits: of codes that are fitted, where the model gives descriptors.

    Raises:
        ValueError: no SavedModel there, or one of another program.
    """
    run = load_run(path)
    if "descriptors" in run.signature.structured_outputs:
        return DescriptorEncoder(path, bits, run=run)
    return RunEncoder(path, run)


def _quantization(folder: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """What codes were fitted to; None where they are still to be."""
    try:
        with np.load(folder / QUANTIZATION, allow_pickle=False) as file:
            return file["mean"], file["kernel"]
    except FileNotFoundError:
        return None
