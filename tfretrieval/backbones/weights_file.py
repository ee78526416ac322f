"""Where a backbone's weights come from: ImageNet's in Keras's cache, or a file of one's own."""

import dataclasses
import hashlib
import os
from pathlib import Path

import tensorflow as tf


class WeightsError(ValueError):
    """A weights file that is missing, broken or another network's."""


@dataclasses.dataclass(frozen=True)
class Published:
    """ImageNet weights at a public address.

    Attributes:
        name: of the file in Keras's cache.
        address: where it is published.
        digest: its MD5 or SHA-256, in hexadecimal digits.
    """

    name: str
    address: str
    digest: str


def find_weights(
    network: str, weights: str | os.PathLike[str], published: Published, download: bool = False
) -> Path:
    """The file that holds a network's weights.

    Args:
        network: its name, for the messages.
        weights: ``"imagenet"`` or the path of a file. ``"imagenet"`` is the published file, to
            the last bit, in ``models`` under ``$KERAS_HOME``, which is ``~/.keras`` unless set.
        published: what ``"imagenet"`` stands for.
        download: lets Keras fetch the published file where it is missing or another.

    Raises:
        WeightsError: no such file, an ImageNet file with another digest, or a failed download.
    """
    if weights != "imagenet":
        path = Path(weights)
        if not path.is_file():
            raise WeightsError(f"there is no weights file {path}")
        return path
    home = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    path = home / "models" / published.name
    if download:
        _fetch(published, home)
    if not path.is_file():
        raise WeightsError(
            f"the ImageNet weights of {network} are not at {path}: put {published.address} "
            "there, or pass download=True"
        )
    if _digest(path, "md5" if len(published.digest) == 32 else "sha256") != published.digest:
        raise WeightsError(
            f"{path} is not the file at {published.address} (its checksum differs): delete it and "
            "fetch it again, or choose it by its path"
        )
    return path


def load_keras_file(model: tf.keras.Model, path: Path) -> None:
    """``model.load_weights`` with one line for every way in which a file does not fit.

    Raises:
        WeightsError: not a file of Keras weights, or another network's.
    """
    try:
        model.load_weights(str(path))
    except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
        raise WeightsError(
            f"{path} does not hold the weights of {model.name}: give another file, or delete it "
            "and fetch it again"
        ) from error


def _fetch(published, home):
    home.mkdir(parents=True, exist_ok=True)
    try:
        tf.keras.utils.get_file(
            published.name,
            published.address,
            file_hash=published.digest,
            cache_dir=str(home),
            cache_subdir="models",
        )
    except Exception as error:  # what Keras raises for every failure of the network
        reason = str(error).partition("\n")[0]
        raise WeightsError(f"{published.address} could not be fetched: {reason}") from error


def _digest(path, kind):
    digest = hashlib.new(kind)
    with open(path, "rb") as stream:
        while chunk := stream.read(2**20):
            digest.update(chunk)
    return digest.hexdigest()
